/** Client secrets: keys for browsers that open sockets for a while, and say what their sessions are. In memory alone. */
import { createHash, randomBytes } from 'node:crypto';
import { VoxError } from '@vox-speech/contract';
import type { SessionConfig } from './config.js';

/** Secrets at once; each is small, but whoever holds a key could make them without end. */
const MAX_SECRETS = 10_000;

export interface Secret {
  /** `ek_...`. */
  readonly value: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

interface Kept {
  readonly config: SessionConfig;
  readonly expiresAt: number;
}

export class ClientSecrets {
  /** By digest: no secret is kept in clear, and looking one up tells nothing by its time. */
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now Unix time in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @throws VoxError `overloaded` while there are too many */
  create(config: SessionConfig, seconds: number): Secret {
    if (this.#kept.size >= MAX_SECRETS) this.#forgetExpired();
    if (this.#kept.size >= MAX_SECRETS)
      throw new VoxError('overloaded', `there are ${MAX_SECRETS} client secrets already; some expire soon`, {
        retryAfter: 10,
      });
    const value = `ek_${randomBytes(24).toString('hex')}`;
    const expiresAt = Math.floor(this.#now() / 1000) + seconds;
    this.#kept.set(digest(value), { config, expiresAt });
    return { value, expiresAt };
  }

  /** What the session of a secret's holder is; undefined for one that is none, or not any more. */
  find(value: string): SessionConfig | undefined {
    const kept = this.#kept.get(digest(value));
    return kept === undefined || kept.expiresAt * 1000 <= this.#now() ? undefined : kept.config;
  }

  #forgetExpired(): void {
    const now = this.#now() / 1000;
    for (const [key, { expiresAt }] of this.#kept) if (expiresAt <= now) this.#kept.delete(key);
  }
}

/** Is a key of the kind that is made here? */
export function isSecret(key: string): boolean {
  return key.startsWith('ek_');
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('base64');
}

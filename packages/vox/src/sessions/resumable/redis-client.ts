/** The connections to Redis: opened in the background, opened again with back-off, and what their errors mean. */
import { VoxError } from '@vox-speech/contract';
import type { Redis, RedisOptions } from 'ioredis';
import { connectorFrom } from './redis-socket.js';
import { SCRIPTS, type Script } from './scripts.js';

/** Waits between attempts to connect, in ms: doubled up to the most. */
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 2_000;
/** A command that is not answered by then has failed, in ms. */
const COMMAND_MS = 5_000;
/** How long a request waits for the first connection, in ms. */
const READY_MS = 2_000;
/** What a client is told, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** What the scripts answer. */
export type Reply = readonly (Buffer | number | string | null)[];

export class RedisClient {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #first: Promise<void>;
  #trouble: string | undefined = 'not connected to Redis yet';

  private constructor(redis: Redis, subscriber: Redis) {
    this.#redis = redis;
    this.#subscriber = subscriber;
    redis.on('ready', () => {
      this.#trouble = undefined;
      // Before anything else: a burst of requests would each bring the whole source.
      for (const { source } of SCRIPTS) redis.script('LOAD', source).catch(() => {});
    });
    redis.on('close', () => {
      this.#trouble ??= 'the connection to Redis is lost';
    });
    const failed = (error: Error): void => {
      this.#trouble = whyOf(error);
    };
    redis.on('error', failed);
    subscriber.on('error', failed);
    this.#first = new Promise((resolve) => {
      redis.once('ready', () => resolve());
      redis.once('error', () => resolve());
    });
  }

  /** Begins to connect; never waits for it. @param url redis:// or rediss:// (TLS), with user and password where there are any */
  static async open(url: string): Promise<RedisClient> {
    // Only who keeps sessions in Redis loads it: it costs the start of the server some 30 ms.
    const { AbstractConnector, Redis } = await import('ioredis');
    const connection: RedisOptions = {
      Connector: connectorFrom(AbstractConnector),
      connectTimeout: COMMAND_MS,
      enableReadyCheck: true,
      retryStrategy: (attempt) => Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)),
    };
    // What fails is told at once, and the client sends it again: a queue here would grow while Redis is away.
    const commands: RedisOptions = {
      ...connection,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_MS,
    };
    return new RedisClient(
      new Redis(url, commands),
      new Redis(url, { ...connection, maxRetriesPerRequest: null }),
    );
  }

  /** Why it cannot be used now. */
  trouble(): string | undefined {
    return this.#trouble;
  }

  /** Runs a script. Throws `store_unavailable`. */
  async run(script: Script, key: string, ...values: readonly (string | number | Buffer)[]): Promise<Reply> {
    return (await this.#tried(async () => {
      try {
        return await this.#redis.callBuffer('EVALSHA', script.sha, 1, key, ...values);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.#redis.callBuffer('EVAL', script.source, 1, key, ...values);
      }
    })) as Reply;
  }

  /** A list, from the `index`th item on. Throws `store_unavailable`. */
  list(key: string, index: number): Promise<readonly Buffer[]> {
    return this.#tried(() => this.#redis.lrangeBuffer(key, index, -1));
  }

  /** Sets a key for a time. Throws `store_unavailable`. */
  async set(key: string, ms: number): Promise<void> {
    await this.#tried(() => this.#redis.set(key, '', 'PX', ms));
  }

  async remove(key: string): Promise<void> {
    await this.#tried(() => this.#redis.del(key));
  }

  /** Tells all who listen; how many they were. Throws `store_unavailable`. */
  publish(channel: string, text: string): Promise<number> {
    return this.#tried(() => this.#redis.publish(channel, text));
  }

  /** From now on, over all later connections too. */
  listen(channel: string, heard: (text: string) => void): void {
    this.#subscriber.on('message', (_, text: string) => heard(text));
    // Made again with every connection; a failure is the connection's, which is told already.
    this.#subscriber.subscribe(channel).catch(() => {});
  }

  close(): void {
    this.#redis.disconnect();
    this.#subscriber.disconnect();
  }

  get #usable(): boolean {
    return this.#redis.status === 'ready';
  }

  async #tried<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.#ready();
      return await work();
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** The first connection, or why there is none, is waited for; later ones are not. Throws why it is not there. */
  async #ready(): Promise<void> {
    if (this.#usable) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#first,
      new Promise((resolve) => {
        timer = setTimeout(resolve, READY_MS);
      }),
    ]);
    clearTimeout(timer);
    if (!this.#usable) throw new Error(this.#trouble ?? 'the connection to Redis is lost');
  }
}

/** What OpenSSL calls a certificate that nobody known has signed. */
const UNKNOWN_ISSUER = /SELF_SIGNED|UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER)/;

/** Of an error of the connection or a command: why Redis cannot be used, and what to do where that is known. */
function whyOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (message.startsWith('OOM') || message.includes('OOM command not allowed'))
    return 'Redis is full (OOM): give it more maxmemory';
  if (message.startsWith(CANNOT)) return message;
  if (UNKNOWN_ISSUER.test(code))
    return `${CANNOT} ${message}: name the file of who signed it in NODE_EXTRA_CA_CERTS and start Vox again`;
  if (/^(?:NOAUTH|WRONGPASS|NOPERM)/.test(message))
    return `${CANNOT} ${message} (VOX_REDIS_URL=redis://user:password@host:6379/0)`;
  return `${CANNOT} ${message}`;
}

const CANNOT = 'Redis cannot be used:';

function asUnavailable(error: unknown): VoxError {
  return new VoxError('store_unavailable', `${whyOf(error)}; the session is kept, send the piece again`, {
    retryAfter: RETRY_AFTER_SECONDS,
    cause: error,
  });
}

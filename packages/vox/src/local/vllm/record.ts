/** What is known of an engine that was started: a file an engine under `VOX_HOME/run`. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../../models/durable.js';
import { identityOf } from './identity.js';

export interface EngineRecord {
  readonly schemaVersion: 1;
  readonly reference: string;
  /** Of the first process of its group. */
  readonly pid: number;
  /** When that process began; `identityOf`. */
  readonly identity: string;
  /** What its processes carry in their environment. */
  readonly mark: string;
  readonly command: readonly string[];
  readonly url: string;
  readonly port: number;
  /** Name under which it lists the model. */
  readonly served: string;
  readonly wire: string;
  /** Absolute. */
  readonly log: string;
  /** Bytes of the log before this start. */
  readonly logStart: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly container?: { readonly program: string; readonly name: string };
  /** The process that trims the log. */
  readonly keeper?: { readonly pid: number; readonly identity: string };
  /** Flags that it was started with, for a restart. */
  readonly flags: Readonly<Record<string, string | boolean>>;
}

export class Records {
  readonly #folder: string;

  /** `home` is absolute: VOX_HOME. */
  constructor(home: string) {
    this.#folder = join(home, 'run');
  }

  /** Where the record of a reference lies. */
  path(reference: string): string {
    return join(this.#folder, `engine-${fileName(reference)}.json`);
  }

  async write(record: EngineRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFileDurably(this.path(record.reference), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Undefined where there is none, or one that can't be read: nothing is known of any process then. */
  async read(reference: string): Promise<EngineRecord | undefined> {
    return parse(await readFile(this.path(reference), 'utf8').catch(() => ''));
  }

  async remove(reference: string): Promise<void> {
    await rm(this.path(reference), { force: true });
  }

  async all(): Promise<readonly EngineRecord[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    const found: EngineRecord[] = [];
    for (const name of names.filter((one) => /^engine-.*\.json$/.test(one)).sort()) {
      const record = parse(await readFile(join(this.#folder, name), 'utf8').catch(() => ''));
      if (record !== undefined) found.push(record);
    }
    return found;
  }
}

/** A reference as a part of a file's name: `voxtral-stt--realtime-4b`. */
export function fileName(reference: string): string {
  return reference.replace(':', '--');
}

/** Is the process of a record still that process? */
export async function isAlive({ pid, identity }: { pid: number; identity: string }): Promise<boolean> {
  return (await identityOf(pid)) === identity;
}

function parse(text: string): EngineRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<EngineRecord> | null;
    const whole =
      value?.schemaVersion === 1 &&
      typeof value.reference === 'string' &&
      Number.isInteger(value.pid) &&
      // Never 0 or 1: a signal to group 0 is one to ourselves, one to group 1 is one to everybody.
      (value.pid ?? 0) > 1 &&
      typeof value.identity === 'string' &&
      value.identity !== '' &&
      typeof value.log === 'string' &&
      typeof value.url === 'string';
    return whole ? (value as EngineRecord) : undefined;
  } catch {
    return undefined;
  }
}

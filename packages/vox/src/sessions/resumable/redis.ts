/**
 * Sessions in Redis, shared by all instances that name the same prefix. An instance is alive while its own key is, which it
 * renews, and while it listens to the others. Audio is written once, and read once by the owner where another instance took it.
 */
import { randomBytes } from 'node:crypto';
import { type ErrorRecord, fromRecord, toRecord, VoxError } from '@vox-speech/contract';
import { pack, unpack } from './element.js';
import { otherRate, tooManySessions, tooMuchAudio, unknownSession, wrongSeq } from './faults.js';
import { elementsOf, foreign, newHead, readHead, readPhrase } from './layout.js';
import { RedisClient, type Reply } from './redis-client.js';
import { APPEND, CLAIM, CREATE, RELEASE, type Script, TELL } from './scripts.js';
import {
  type Appended,
  type Element,
  GRACE_MS,
  type Head,
  type NewPiece,
  type Order,
  type Progress,
  type Serve,
  type SessionStore,
  type Setup,
  type StoreLimits,
  type Told,
} from './store.js';
import type { Phrase, PieceAnswer } from './types.js';

/** An instance that is not heard of for so long is dead, in ms; it says three times as often that it is not. */
const LEASE_MS = 4_000;
const HEARTBEAT_MS = LEASE_MS / 4;

/** From one instance to another, without names: they travel with each piece of audio. An order, an answer or an error. */
type Message =
  | readonly ['o', from: string, number: number, ...order: [id: string, act: Order['act'], seq: number]]
  | readonly ['a', number: number, partial: string, audioSeconds: number, phrases?: readonly Phrase[]]
  | readonly ['e', number: number, error: ErrorRecord];

interface Asked {
  readonly order: Order;
  resolve(answer: PieceAnswer | undefined): void;
  reject(error: Error): void;
}

export interface RedisStoreOptions extends StoreLimits {
  readonly url: string;
  /** Before every key. */
  readonly prefix: string;
}

export class RedisStore implements SessionStore {
  readonly instance = randomBytes(6).toString('base64url');
  readonly #options: RedisStoreOptions;
  readonly #client: RedisClient;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #asked = new Map<number, Asked>();
  #serve: Serve | undefined;
  #number = 0;
  #closed = false;

  private constructor(options: RedisStoreOptions, client: RedisClient) {
    this.#options = options;
    this.#client = client;
    client.listen(this.#channel(this.instance), (text) => this.#heard(text));
    // A heartbeat that fails is told by `trouble`.
    const beat = (): void => void client.set(this.#alive, LEASE_MS).catch(() => {});
    beat();
    this.#heartbeat = setInterval(beat, HEARTBEAT_MS).unref();
  }

  /** Connects in the background; until then everything throws `store_unavailable`. */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    return new RedisStore(options, await RedisClient.open(options.url));
  }

  async create(id: string, setup: Setup): Promise<void> {
    const { prefix, timeoutMs, maxSessions } = this.#options;
    const reply = await this.#client.run(
      CREATE,
      this.#key(id),
      prefix,
      timeoutMs,
      newHead(setup),
      maxSessions,
    );
    if (word(reply) === 'full') throw tooManySessions(maxSessions);
    if (word(reply) !== 'ok') throw foreign(id);
  }

  async claim(id: string): Promise<Head> {
    const reply = await this.#run(CLAIM, id, [this.instance]);
    return readHead(bytes(reply[1]), id);
  }

  async append(id: string, piece: NewPiece, token?: number): Promise<Appended | undefined> {
    const { pcm, sampleRate, seq } = piece;
    const { maxBytes } = this.#options;
    // Before it is sent: it would cross the network for nothing.
    if (pcm.length > maxBytes) throw tooMuchAudio(maxBytes);
    const elements = await pack(elementsOf(pcm));
    const values = [this.instance, token ?? -1, sampleRate, seq ?? -1, maxBytes, ...elements];
    const reply = await this.#run(APPEND, id, values);
    switch (word(reply)) {
      case 'lost':
        return undefined;
      case 'finished':
        throw unknownSession(id);
      case 'gap':
        throw wrongSeq(seq ?? 0, Number(reply[1]));
      case 'rate':
        throw otherRate(sampleRate, Number(reply[1]));
      case 'large':
        throw tooMuchAudio(maxBytes);
      default:
        return {
          fresh: reply[1] === 1,
          seq: Number(reply[2]),
          index: Number(reply[3]),
          sampleRate,
          owner: String(reply[4]),
        };
    }
  }

  async elements(id: string, index: number): Promise<readonly Element[]> {
    const items = await this.#client.list(`${this.#key(id)}:a`, index);
    return Promise.all(items.map((item) => unpack(item, id)));
  }

  async tell(id: string, token: number, progress: Progress): Promise<number | undefined> {
    const { phrases, openFrom, finished } = progress;
    const said = phrases.map((phrase) => JSON.stringify(phrase));
    const values = [this.instance, token, openFrom, finished ? 1 : 0, ...said];
    const reply = await this.#run(TELL, id, values, finished ? GRACE_MS : this.#options.timeoutMs);
    return word(reply) === 'ok' ? Number(reply[1]) : undefined;
  }

  async phrases(id: string): Promise<readonly Told[]> {
    const items = await this.#client.list(`${this.#key(id)}:p`, 0);
    return items.map((item) => readPhrase(item.toString(), id));
  }

  async release(id: string, token: number): Promise<void> {
    await this.#run(RELEASE, id, [this.instance, token]);
  }

  async ask(
    owner: string,
    order: Order,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<PieceAnswer | undefined> {
    const number = ++this.#number;
    let timer: NodeJS.Timeout | undefined;
    const cancelled = (): void => this.#asked.get(number)?.reject(new VoxError('cancelled', 'cancelled'));
    const answer = new Promise<PieceAnswer | undefined>((resolve, reject) => {
      this.#asked.set(number, { order, resolve, reject });
      timer = setTimeout(() => resolve(undefined), deadlineMs);
      signal.addEventListener('abort', cancelled, { once: true });
    });
    try {
      const message: Message = ['o', this.instance, number, order.id, order.act, order.seq];
      const told = this.#send(owner, message).then((ears) => {
        // Nobody listens there: who looks at once need not wait.
        if (ears === 0) this.#asked.get(number)?.resolve(undefined);
      });
      const [reply] = await Promise.all([answer, told]);
      return reply;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancelled);
      this.#asked.delete(number);
    }
  }

  serve(serve: Serve): void {
    this.#serve = serve;
  }

  trouble(): string | undefined {
    return this.#client.trouble();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const { reject } of this.#asked.values())
      reject(new VoxError('shutting_down', 'the server is stopping'));
    // All that is still owned is free for others at once. Where Redis is away the lease lapses by itself.
    if (this.trouble() === undefined) await this.#client.remove(this.#alive).catch(() => {});
    this.#client.close();
  }

  get #alive(): string {
    return `${this.#options.prefix}alive:${this.instance}`;
  }

  #key(id: string): string {
    return this.#options.prefix + id;
  }

  #channel(instance: string): string {
    return `${this.#options.prefix}to:${instance}`;
  }

  async #run(
    script: Script,
    id: string,
    values: readonly (string | number | Buffer)[],
    timeoutMs = this.#options.timeoutMs,
  ): Promise<Reply> {
    const reply = await this.#client.run(script, this.#key(id), this.#options.prefix, timeoutMs, ...values);
    if (word(reply) === 'missing') throw unknownSession(id);
    if (word(reply) === 'foreign') throw foreign(id);
    return reply;
  }

  /** How many heard it. */
  #send(instance: string, message: Message): Promise<number> {
    return this.#client.publish(this.#channel(instance), JSON.stringify(message));
  }

  #heard(text: string): void {
    const message = parse(text);
    if (message === undefined) return;
    switch (message[0]) {
      case 'o': {
        const [, from, number, id, act, seq] = message;
        void this.#obey(from, number, { id, act, seq });
        return;
      }
      case 'e':
        this.#asked.get(message[1])?.reject(fromRecord(message[2]));
        return;
      case 'a': {
        const [, number, partial, audioSeconds, phrases = []] = message;
        const asked = this.#asked.get(number);
        const { id = '', seq = 0 } = asked?.order ?? {};
        asked?.resolve({ id, seq, partial, audioSeconds, phrases });
      }
    }
  }

  async #obey(from: string, number: number, order: Order): Promise<void> {
    try {
      const answer = await this.#serve?.(order);
      // Without one the asker looks for itself who the owner is.
      if (answer === undefined) return;
      const { partial, audioSeconds, phrases } = answer;
      await this.#send(
        from,
        phrases.length > 0
          ? ['a', number, partial, audioSeconds, phrases]
          : ['a', number, partial, audioSeconds],
      );
    } catch (error) {
      await this.#send(from, ['e', number, toRecord(error)]).catch(() => {});
    }
  }
}

const word = (reply: Reply): string => String(reply[0]);

function bytes(value: Reply[number] | undefined): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new VoxError('internal', 'a script of ours answered something else than it does');
}

/** Undefined for what no instance of ours says. */
function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return Array.isArray(message) && ['o', 'a', 'e'].includes(message[0])
      ? (message as unknown as Message)
      : undefined;
  } catch {
    return undefined;
  }
}

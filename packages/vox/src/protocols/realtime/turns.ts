/**
 * From what the live core hears to the turns of a conversation. Three ways: only the client ends a turn, a silence does,
 * or a silence after what sounds like the end of a sentence. Each item is told of in order, and completed or failed once.
 */
import type { LiveEvent } from '@vox-speech/contract';
import { Item, type TurnEvent } from './item.js';

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** What all turns of a session share. */
export interface TurnContext {
  tell(event: TurnEvent): void;
  /** ISO 639-1, as the client said it. */
  readonly language: string | undefined;
  /** Ms of audio that the client has sent so far. */
  sentMs(): number;
  /** Calls once after so many ms of the wall clock, unless the returned function is called before. */
  after(ms: number, call: () => void): () => void;
}

/** A commit of ours to the core: whoever waits for its answer. */
export type Commit = Item | 'answer' | 'discard';

/** Audio before the detected speech that a turn is told to begin with, in ms: OpenAI's default. */
export const PREFIX_PADDING_MS = 300;
/** Answers that are due of commits at the most; then the client waits. */
export const MAX_COMMITS = 256;

export abstract class Turns {
  protected readonly context: TurnContext;
  /** Commits without their final, oldest first. */
  protected readonly commits: Commit[] = [];
  /** The item that was committed last. */
  #previous: string | null;

  /** @param previous item that was committed last, before these */
  constructor(context: TurnContext, previous: string | null) {
    this.context = context;
    this.#previous = previous;
  }

  get previous(): string | null {
    return this.#previous;
  }

  /** Commits whose finals are due. */
  get due(): number {
    return this.commits.length;
  }

  /** What the core says; times are ms of the client's audio. */
  abstract hear(event: LiveEvent): void;

  /** The client ends the turn. The caller tells the core, whose final answers this. */
  abstract commit(): void;

  /** The client throws away what it has not committed. The caller tells the core to end the utterance, all the same. */
  abstract clear(): void;

  /** The core can say no more. False where that concerns no item. */
  abstract fail(error: Error): boolean;

  /** The client has sent audio. */
  sent(): void {}

  /** No more is told. */
  abstract close(): void;

  /** The client ends a turn of which the core was told nothing, and is answered. */
  empty(): void {
    this.complete(this.begin(this.context.sentMs()));
  }

  protected begin(atMs: number): Item {
    return new Item(atMs, this.context.language);
  }

  protected say(events: readonly TurnEvent[]): void {
    for (const event of events) this.context.tell(event);
  }

  protected committed(item: Item): void {
    this.context.tell({ type: 'committed', item: item.id, previous: this.#previous });
    this.#previous = item.id;
  }

  /** Committed and completed at once. */
  protected complete(item: Item): void {
    this.committed(item);
    this.context.tell(item.completed());
  }
}

/** Only the client ends a turn: what the core hears until then is one item, however many utterances it makes of it. */
export class ManualTurns extends Turns {
  #item: Item | undefined;
  /** Where the item that is open began. */
  #fromMs: number;

  /** @param open item that goes on from before */
  constructor(context: TurnContext, previous: string | null, open?: Item) {
    super(context, previous);
    this.#item = open;
    this.#fromMs = open?.fromMs ?? context.sentMs();
  }

  /** The item that waits for its commit. */
  get open(): Item | undefined {
    return this.#item;
  }

  hear(event: LiveEvent): void {
    if (event.type !== 'partial' && event.type !== 'final') return;
    const [oldest] = this.commits;
    const item = oldest instanceof Item ? oldest : oldest === undefined ? this.#current() : undefined;
    if (item !== undefined) this.say(event.type === 'partial' ? item.partial(event) : item.final(event));
    if (event.type !== 'final' || event.reason !== 'commit') return;
    this.commits.shift();
    if (item !== undefined && item === oldest) this.context.tell(item.completed());
  }

  commit(): void {
    const item = this.#current();
    this.#cut();
    item.toMs = this.#fromMs;
    this.commits.push(item);
    this.committed(item);
  }

  clear(): void {
    this.#cut();
    this.commits.push('discard');
  }

  fail(error: Error): boolean {
    const waiting = this.commits.splice(0).filter((one) => one instanceof Item);
    for (const item of waiting) {
      item.failure = error;
      this.context.tell(item.completed());
    }
    // What was sent since is lost: whoever commits it is told so.
    if (this.context.sentMs() > this.#fromMs) this.#current().failure = error;
    return waiting.length > 0;
  }

  override empty(): void {
    const item = this.#current();
    this.#cut();
    item.toMs = this.#fromMs;
    this.complete(item);
  }

  close(): void {
    this.#item = undefined;
  }

  #current(): Item {
    this.#item ??= this.begin(this.#fromMs);
    return this.#item;
  }

  #cut(): void {
    this.#item = undefined;
    this.#fromMs = this.context.sentMs();
  }
}

/** A silence ends a turn: each utterance of the core is an item. */
export class ServerTurns extends Turns {
  readonly #rules: {
    readonly prefixPaddingMs: number;
    readonly silenceMs: number;
    readonly idleTimeoutMs?: number;
  };
  /** Items without their transcript by utterance, and whether their end was told. */
  readonly #items = new Map<number, { readonly item: Item; stopped: boolean }>();
  #endedMs = 0;
  #idle: (() => void) | undefined;
  #idleArmed = false;

  constructor(
    context: TurnContext,
    previous: string | null,
    rules: { readonly prefixPaddingMs: number; readonly silenceMs: number; readonly idleTimeoutMs?: number },
  ) {
    super(context, previous);
    this.#rules = rules;
    this.#idleArmed = true;
    this.#endedMs = context.sentMs();
  }

  override sent(): void {
    if (this.#idleArmed) this.#watch();
  }

  hear(event: LiveEvent): void {
    if (event.type === 'speech-started') this.#started(event);
    else if (event.type === 'partial') this.say(this.#items.get(event.utterance)?.item.partial(event) ?? []);
    else if (event.type === 'speech-stopped') this.#stopped(event);
    else if (event.type === 'final') this.#final(event);
  }

  commit(): void {
    this.commits.push('answer');
  }

  clear(): void {
    this.commits.push('discard');
  }

  fail(error: Error): boolean {
    const open = [...this.#items.values()];
    this.#items.clear();
    this.commits.length = 0;
    for (const entry of open) {
      entry.item.failure = error;
      if (!entry.stopped) this.#end(entry, this.context.sentMs());
      this.context.tell(entry.item.completed());
    }
    return open.length > 0;
  }

  close(): void {
    this.#idle?.();
    this.#items.clear();
  }

  #started({ utterance, atMs }: Event<'speech-started'>): void {
    this.#idle?.();
    this.#idleArmed = false;
    // The padding belongs to the turn, but not to the one before.
    const item = this.begin(Math.max(this.#endedMs, atMs - this.#rules.prefixPaddingMs));
    this.#items.set(utterance, { item, stopped: false });
    this.context.tell({ type: 'started', item: item.id, atMs: item.fromMs });
  }

  #stopped({ utterance, atMs, reason }: Event<'speech-stopped'>): void {
    const entry = this.#items.get(utterance);
    // Whether a commit is answered, or its turn thrown away, its final says.
    if (entry !== undefined && reason !== 'commit') this.#end(entry, atMs, reason);
  }

  #final(event: Event<'final'>): void {
    const commit = event.reason === 'commit' ? this.commits.shift() : undefined;
    const entry = this.#items.get(event.utterance);
    this.#items.delete(event.utterance);
    if (commit !== 'discard') {
      const known = entry ?? { item: this.begin(event.endMs), stopped: false };
      this.say(known.item.final(event));
      if (entry === undefined) this.committed(known.item);
      else if (!entry.stopped) this.#end(entry, event.endMs, event.reason);
      this.context.tell(known.item.completed());
    }
    if (this.#items.size > 0) return;
    this.#idleArmed = true;
    this.#watch();
  }

  /** The end that is told holds the silence that was waited for, as far as it was sent. */
  #end(entry: { readonly item: Item; stopped: boolean }, atMs: number, reason?: string): void {
    const { item } = entry;
    entry.stopped = true;
    const until = reason === 'silence' ? atMs + this.#rules.silenceMs : atMs;
    item.toMs = Math.max(item.fromMs, Math.min(until, this.context.sentMs()));
    this.#endedMs = item.toMs;
    this.context.tell({ type: 'stopped', item: item.id, atMs: item.toMs });
    this.committed(item);
  }

  /** Counts from now on; once, until somebody has spoken again. */
  #watch(): void {
    const { idleTimeoutMs } = this.#rules;
    if (idleTimeoutMs === undefined) return;
    this.#idleArmed = false;
    this.#idle?.();
    const fromMs = this.context.sentMs();
    this.#idle = this.context.after(idleTimeoutMs, () => {
      this.#idle = undefined;
      const item = this.begin(fromMs);
      item.toMs = this.context.sentMs();
      this.context.tell({ type: 'timeout', item: item.id, fromMs, toMs: item.toMs });
      this.complete(item);
    });
  }
}

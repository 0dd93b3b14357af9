/** All live audio of one runner: what came in since the last tick leaves as one message. */
import type { LiveEvent, LiveOptions, LiveSummary } from '@vox-speech/contract';
import type { FromRunner, ToRunner } from '../messages/index.js';
import type { Port } from '../messages/pipe.js';
import { BLOCK_BYTES, FrameBlock } from './frame-block.js';

/**
 * How long frames are gathered, in ms: far less than the shortest frame that clients use (20 ms). With 4 ms 64 streams of a
 * model elsewhere had their tokens 8.1 ms later in the 95th percentile than without us, with 1 ms 4.8 ms.
 */
const TICK_MS = 1;
/** The same where a message has more streams in it than that: there each message saved counts. */
const CROWD_TICK_MS = 4;
const CROWD = 8;

/** What a stream is told; `end` or `fail` is the last. */
export interface LiveHandler {
  /** The runner is ready for it: what is sent is heard at once. */
  listening(): void;
  event(event: LiveEvent): void;
  /** The runner took that many bytes from its queue. */
  taken(bytes: number): void;
  /** What was sent before so many marks is heard. */
  marked(marks: number): void;
  end(summary: LiveSummary): void;
  fail(error: Error): void;
}

/** How busy a runner is with live streams, by its own measurement. */
export interface LiveLoad {
  /** Processor seconds for one second of audio of all streams; with no stream, of one stream that would come. */
  readonly realTimeFactor: number;
  readonly streams: number;
}

/** One stream, as seen from the server. */
export interface LiveRun {
  /** Whole samples. The bytes must not change afterwards. */
  append(bytes: Uint8Array): void;
  skip(samples: number): void;
  commit(): void;
  /** Answered by `marked`. */
  mark(): void;
  finish(): void;
  /** Ends it: the handler is told nothing more. Does nothing where the stream is over. */
  cancel(): void;
}

export class LiveLink {
  readonly #port: Port<ToRunner, FromRunner>;
  readonly #handlers = new Map<number, LiveHandler>();
  readonly #pending = new FrameBlock();
  #timer: NodeJS.Timeout | undefined;
  /** It was time for a message while the one before had not left: the next one then has more in it. */
  #due = false;
  /** Streams of the message before. */
  #carried = 0;
  #load: LiveLoad | undefined;
  /** Told how many streams each step of the model was for. */
  onBatches: (sizes: readonly number[]) => void = () => {};

  constructor(port: Port<ToRunner, FromRunner>) {
    this.#port = port;
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#handlers.size;
  }

  /** The runner's last word on how busy it is; known once a stream is open. */
  get load(): LiveLoad | undefined {
    return this.#load;
  }

  /** @param cancel what `cancel` does */
  open(id: number, options: LiveOptions, handler: LiveHandler, cancel: () => void): LiveRun {
    this.#handlers.set(id, handler);
    this.#port.send({ type: 'listen', id, options });
    return {
      append: (bytes) => this.#append(id, bytes),
      skip: (samples) => this.#after(id, { type: 'skip', id, samples }),
      commit: () => this.#after(id, { type: 'commit', id }),
      mark: () => this.#after(id, { type: 'mark', id }),
      finish: () => this.#after(id, { type: 'finish', id }),
      cancel,
    };
  }

  /** Nothing more is sent for the stream, nor told of it. */
  forget(id: number): void {
    this.#handlers.delete(id);
    if (this.#handlers.size === 0) this.#pending.release();
  }

  /** Takes a message if it is about live streams. */
  receive(message: FromRunner): boolean {
    switch (message.type) {
      case 'listening':
        this.#handlers.get(message.id)?.listening();
        return true;
      case 'live':
        for (const { id, event } of message.events) this.#handlers.get(id)?.event(event);
        return true;
      case 'taken':
        message.ids.forEach((id, at) => {
          this.#handlers.get(id)?.taken(message.bytes[at] ?? 0);
        });
        return true;
      case 'marked':
        this.#handlers.get(message.id)?.marked(message.marks);
        return true;
      case 'load':
        this.#load = { realTimeFactor: message.realTimeFactor, streams: message.streams };
        if (message.batches !== undefined) this.onBatches(message.batches);
        return true;
      default:
        return false;
    }
  }

  #append(id: number, bytes: Uint8Array): void {
    if (!this.#handlers.has(id) || bytes.length === 0) return;
    if (!this.#pending.add(id, bytes)) {
      this.#flush();
      if (bytes.length > BLOCK_BYTES) {
        this.#port.send({ type: 'frames', ids: [id], bytes: [bytes.length] }, bytes);
        return;
      }
      this.#pending.add(id, bytes);
    }
    if (!this.#due)
      this.#timer ??= setTimeout(() => this.#gathered(), this.#carried > CROWD ? CROWD_TICK_MS : TICK_MS);
  }

  /** A control message, behind the audio that came before it. */
  #after(id: number, message: ToRunner): void {
    if (!this.#handlers.has(id)) return;
    if (this.#pending.has(id)) this.#flush();
    this.#port.send(message);
  }

  #gathered(): void {
    this.#timer = undefined;
    if (this.#pending.leaving > 0) this.#due = true;
    else this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    const taken = this.#pending.take();
    if (taken === undefined) return;
    const { ids, bytes, body, left } = taken;
    this.#carried = ids.length;
    this.#port.send({ type: 'frames', ids, bytes }, body, () => {
      left();
      if (this.#due && this.#pending.leaving === 0) this.#flush();
    });
  }
}

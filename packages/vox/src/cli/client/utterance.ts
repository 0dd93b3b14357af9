/** One utterance: audio at the pace of a speaker, and what comes back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Envelope, Failure, failureOf } from './envelope.js';
import { type Moments, type UtteranceFigures, utteranceFigures } from './metrics.js';
import type { Session } from './session.js';

/** PCM16 mono at 16 kHz, in bytes a ms: yap.md section 4. */
export const BYTES_PER_MS = 32;
/** Notes that are kept: a server that drops audio says so at every chunk. */
const MAX_NOTES = 20;
/** One step of the original's model. */
const CHUNK_MS = 80;

export interface Spoken {
  readonly text: string;
  readonly figures: UtteranceFigures;
  /** As `done` has it. */
  readonly usage: unknown;
  /** The first that the server said beside the text: dropped audio, chunks that it could not read. */
  readonly notes: readonly string[];
}

/**
 * The seconds that all of a run may take, in ms: the original's min(600, max(30, 2 x (audio + 30 + 10) + 5)) s, but never
 * less than the audio and a minute, since a recording of ten minutes takes ten minutes to speak.
 */
export function deadlineMs(audioMs: number): number {
  const audio = audioMs / 1000;
  const original = Math.min(600, Math.max(30, 2 * (audio + 30 + 10) + 5));
  return 1000 * Math.max(original, audio + 60);
}

/** Aborts with the signal's reason, or with a Failure after so many ms. `clear` stops its timer. */
export function withDeadline(ms: number, signal: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Failure('other', `not done within ${Math.round(ms / 1000)} s`)),
    ms,
  );
  return { signal: AbortSignal.any([signal, late.signal]), clear: () => clearTimeout(timer) };
}

/**
 * Speaks a recording under a new request id and waits for its `done`.
 * Rejects with a Failure when the server refuses or closes, or with the signal's reason.
 * @param pcm PCM16LE mono at 16 kHz, not empty
 * @param first it is the first on its socket, so that its figures count from the connecting on
 */
export async function speakUtterance(
  session: Session,
  pcm: Buffer,
  options: { readonly first: boolean; readonly signal: AbortSignal },
): Promise<Spoken> {
  const id = `utterance-${randomUUID()}`;
  const audioMs = pcm.length / BYTES_PER_MS;
  const began = performance.now();
  const listener = new Listener(id, AbortSignal.any([options.signal, session.failed]));
  session.onMessage = (message, at) => listener.hear(message, at);
  try {
    session.send('input_audio_buffer.commit', id, { final: false });
    const firstAudio = performance.now();
    let lastAudio = firstAudio;
    for (let at = 0, due = firstAudio; at < pcm.length; at += CHUNK_MS * BYTES_PER_MS, due += CHUNK_MS) {
      await listener.until(due);
      const chunk = pcm.subarray(at, at + CHUNK_MS * BYTES_PER_MS);
      lastAudio = performance.now();
      session.send('input_audio_buffer.append', id, { audio: chunk.toString('base64') });
    }
    await listener.until(firstAudio + audioMs);
    const commit = performance.now();
    session.send('input_audio_buffer.commit', id, { final: true });
    const done = await listener.done;
    const moments: Moments = {
      began: options.first ? session.began : began,
      opened: options.first ? session.opened : began,
      ready: options.first ? session.ready : undefined,
      firstAudio,
      lastAudio,
      commit,
      tokens: listener.tokens,
      done,
    };
    const { text, usage, notes } = listener;
    return { text, usage, notes, figures: utteranceFigures(moments, audioMs) };
  } finally {
    session.onMessage = undefined;
    listener.close();
  }
}

/** Gathers what belongs to one request id. */
class Listener {
  readonly tokens: number[] = [];
  readonly notes: string[] = [];
  /** Settles with the moment of `done`, or rejects with why it will never come. */
  readonly done: Promise<number>;
  usage: unknown;
  readonly #id: string;
  readonly #ended = new AbortController();
  readonly #closed = new AbortController();
  #text = '';
  #final: string | undefined;
  #resolve: (at: number) => void = () => undefined;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    const end = () => this.#ended.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true, signal: this.#closed.signal });
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#ended.signal.addEventListener('abort', () => reject(this.#ended.signal.reason), { once: true });
    });
    // The sender may see the end first.
    this.done.catch(() => undefined);
    if (signal.aborted) end();
  }

  get text(): string {
    return this.#final ?? this.#text;
  }

  /** Sleeps until a moment in ms; rejects as `done` does. */
  async until(at: number): Promise<void> {
    const { signal } = this.#ended;
    signal.throwIfAborted();
    const ms = at - performance.now();
    if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }

  hear(message: Envelope, at: number): void {
    const { type, payload, requestId } = message;
    if (type === 'error') this.#complaint(message);
    else if (requestId !== this.#id) return;
    else if (type === 'token') {
      this.tokens.push(at);
      this.#text += String(payload.text ?? '');
    } else if (type === 'final') this.#final = String(payload.normalized_text ?? '');
    else if (type === 'status') this.#note(`status: ${JSON.stringify(payload)}`);
    else if (type === 'cancelled')
      this.#ended.abort(
        new Failure('other', `the server cancelled the utterance: ${String(payload.reason)}`),
      );
    else if (type === 'done') {
      this.usage = payload.usage;
      this.#resolve(at);
    }
  }

  close(): void {
    this.#closed.abort();
  }

  #note(text: string): void {
    if (this.notes.length < MAX_NOTES) this.notes.push(text);
  }

  #complaint(message: Envelope): void {
    const failure = failureOf(message);
    if (failure === undefined) this.#note(`error: ${String(message.payload.message)}`);
    else this.#ended.abort(failure);
  }
}

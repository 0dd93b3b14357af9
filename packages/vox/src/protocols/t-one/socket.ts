/**
 * `/api/ws`, the protocol of T-one's own demo (tone.md section 5.3): `ready` before each message, binary PCM16 of any size, an
 * empty one ends, a `transcript` for each phrase.
 */
import { randomUUID } from 'node:crypto';
import type { Decoder, LiveEvent } from '@vox-speech/contract';
import { ERRORS, liveBytesPerMs, VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import { parseLanguage } from '../../runtime/languages.js';
import { LongPhrases, MAX_PHRASE_MS, SILENCE_MS } from '../../runtime/phrases.js';
import type { LiveListener, LiveRequest, LiveSession, Phrase, Runtime } from '../../runtime/types.js';
import { type LiveSocket, loggedError } from '../../transport/index.js';
import * as render from './render.js';
import { DECODERS } from './schema.js';

/** Hz, as the demo's page sends it; `?sample_rate=` for another. */
const DEMO_RATE = 8_000;
/** Sound before speech that is heard too, and the shortest speech: as the live dialects have it, in ms. */
const PRE_ROLL_MS = 500;
const MIN_SPEECH_MS = 60;
/** Audio that may wait unheard, in ms: the longest message fits. */
const QUEUE_MS = 60_000;
/** Least time between partials for those who ask, in ms. */
const PARTIAL_MS = 300;
/** What a client may send before the model is there: more waits in the network. */
const MAX_EARLY = 64;

/** @throws VoxError `invalid_request` naming the parameter */
export function demoRequest(target: string, signal: AbortSignal): LiveRequest {
  const at = target.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
  const language = parseLanguage(query.get('language'));
  const rate = query.get('sample_rate') ?? String(DEMO_RATE);
  if (!/^\d{1,6}$/.test(rate))
    throw new VoxError('invalid_request', `sample_rate must be a number of Hz, not ${rate.slice(0, 20)}`, {
      param: 'sample_rate',
    });
  const decoder = decoderOf(query.get('decoder'));
  return {
    model: query.get('model') ?? '',
    options: {
      sampleRate: Number(rate),
      ...(language === undefined ? {} : { language }),
      task: 'transcribe',
      words: true,
      hotwords: [],
      ...(decoder === undefined ? {} : { decoder }),
      endpointing: {
        detector: 'silero',
        silenceMs: SILENCE_MS,
        minSpeechMs: MIN_SPEECH_MS,
        preRollMs: PRE_ROLL_MS,
        maxUtteranceMs: MAX_PHRASE_MS,
      },
      // The demo's own client knows no partials, so they are only for those who ask.
      ...(query.get('partials') === 'true' ? { partialMs: PARTIAL_MS } : {}),
    },
    queueMs: QUEUE_MS,
    overflow: 'wait',
    signal,
  };
}

function decoderOf(given: string | null): Decoder | undefined {
  const known = DECODERS.find((one) => one === given);
  if (given !== null && known === undefined)
    throw new VoxError(
      'invalid_request',
      `decoder must be ${DECODERS.join(' or ')}, not ${given.slice(0, 20)}`,
      {
        param: 'decoder',
      },
    );
  return known;
}

function phraseOf({ text, words, startMs, endMs }: Extract<LiveEvent, { type: 'final' }>): Phrase {
  return {
    text: text.trim(),
    startSeconds: (words?.[0]?.startMs ?? startMs) / 1000,
    endSeconds: (words?.at(-1)?.endMs ?? endMs) / 1000,
    ...(words === undefined ? {} : { words }),
  };
}

/** One connection. */
export class DemoConnection implements LiveListener {
  readonly #socket: LiveSocket;
  readonly #log: Log;
  #session: LiveSession | undefined;
  /** Bytes of a millisecond. */
  #perMs = 1;
  /** What came in, in bytes. */
  #received = 0;
  readonly #phrases = new LongPhrases();
  /** It is being waited until what came in is heard. */
  #asking = false;
  #early: Uint8Array[] = [];
  #over = false;

  constructor(socket: LiveSocket, log: Log) {
    this.#socket = socket;
    this.#log = log;
  }

  /** Resolves once `ready` was sent or the connection refused; never rejects. */
  async start(runtime: Pick<Runtime, 'listen'>, target: string): Promise<void> {
    this.#socket.onMessage((data) => this.#receive(data));
    try {
      const request = demoRequest(target, this.#socket.signal);
      this.#perMs = liveBytesPerMs(request.options);
      const session = await runtime.listen(request, this);
      this.#session = session;
      this.#ready();
      for (const bytes of this.#early.splice(0)) this.#hear(session, bytes);
      this.#socket.resume();
    } catch (error) {
      this.onError(error);
    }
  }

  onEvent(event: LiveEvent): void {
    if (event.type === 'speech-started') this.#phrases.begin(event.utterance);
    else if (event.type === 'partial') {
      this.#phrases.begin(event.utterance);
      this.#say({ event: 'partial', text: this.#phrases.partial(event.text.trim()) }, 'partial');
    } else if (event.type === 'warning') this.#say({ event: 'warning', warning: event.warning });
    else if (event.type === 'final') {
      const piece = event.text.trim() === '' ? undefined : phraseOf(event);
      this.#tell(this.#phrases.hear(event.utterance, piece, event.language, event.reason === 'length'));
    }
  }

  onDrain(): void {
    this.#socket.resume();
    this.#ready();
  }

  onEnd(): void {
    this.#tell(this.#phrases.end());
    this.#close(1000, '');
  }

  onError(thrown: unknown): void {
    const error = loggedError(thrown, randomUUID().slice(0, 8), this.#log, 'a stream of the demo failed');
    this.#say({ event: 'error', code: error.code, detail: error.message });
    this.#close(ERRORS[error.code].ws, error.message);
  }

  #receive(data: string | Uint8Array): void {
    if (this.#over) return;
    if (typeof data === 'string') {
      const detail =
        'a text message means nothing here: send 16-bit samples as binary messages, an empty one to end';
      this.#say({ event: 'error', code: 'invalid_request', detail });
    } else if (this.#session !== undefined) this.#hear(this.#session, data);
    else if (this.#early.push(data) >= MAX_EARLY) this.#socket.pause();
  }

  #hear(session: LiveSession, bytes: Uint8Array): void {
    if (bytes.length === 0) {
      session.finish();
      return;
    }
    this.#received += bytes.length;
    if (session.append(bytes)) this.#ready();
    else this.#socket.pause();
    this.#endHeld(session, this.#received / this.#perMs);
  }

  /** Nobody has spoken on behind a cut, which is only known once the audio behind it is heard. */
  #endHeld(session: LiveSession, receivedMs: number): void {
    if (this.#asking || !this.#phrases.isOver(receivedMs)) return;
    this.#asking = true;
    const heard = (): void => {
      this.#asking = false;
      if (this.#phrases.isOver(receivedMs)) this.#tell(this.#phrases.end());
    };
    // What ends the session before is told by `onError`.
    session.heard().then(heard, () => undefined);
  }

  #tell(phrases: readonly Phrase[]): void {
    if (phrases.length > 0) this.#socket.drop('partial');
    for (const phrase of phrases) this.#say({ event: 'transcript', phrase: render.phrase(phrase) });
  }

  #ready(): void {
    this.#say({ event: 'ready' });
  }

  #say(message: object, key?: string): void {
    this.#socket.send(JSON.stringify(message), key === undefined ? {} : { key });
  }

  #close(code: number, reason: string): void {
    this.#over = true;
    this.#socket.close(code, reason);
  }
}

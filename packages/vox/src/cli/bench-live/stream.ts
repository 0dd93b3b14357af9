/** One stream of the load generator: a socket, its clock, and what it saw. */
import type { WebSocket } from 'ws';
import { connect } from '../web-socket.js';
import type { BenchAudio } from './audio.js';
import { type Dialect, type Heard, TRY_AGAIN } from './dialect.js';
import type { StreamResult } from './figures.js';
import { packetsDue } from './schedule.js';

/** PCM16 mono at 16 kHz. */
const BYTES_PER_MS = 32;
/** After the last speech and the silence: no word for so long, and at least one final, means that all has come; ms. */
const QUIET_MS = 2_000;
/** A model that goes on in silence, as the mock backend, has said enough by then, ms after the audio. */
const TALKATIVE_MS = 6_000;
/** A server that has no final by then is given up, ms after the audio. */
const PATIENCE_MS = 30_000;

export interface StreamOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  readonly model: string;
  readonly audio: BenchAudio;
  readonly packetMs: number;
  readonly silenceMs: number;
}

export class BenchStream {
  readonly #options: StreamOptions;
  readonly #ws: WebSocket;
  readonly #silence: Buffer;
  readonly #finals: string[] = [];
  readonly #endpointToFinal: number[] = [];
  readonly #lags: number[] = [];
  /** When `ready` came. */
  #began: number | undefined;
  #sent = 0;
  #firstPartial: number | undefined;
  #lastFinal: number | undefined;
  #lastWord = 0;
  /** The promised prefix of the utterance that is open. */
  #promise = { utterance: undefined as number | undefined, text: '' };
  #promised = 0;
  #broken = 0;
  #result: StreamResult | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#silence = Buffer.alloc(options.packetMs * BYTES_PER_MS);
    this.#ws = connect(options.url, options.headers);
    this.#ws.on('open', () => {
      const hello = options.dialect.hello(options.model);
      if (hello !== undefined) this.#ws.send(hello);
    });
    this.#ws.on('message', (data, binary) => {
      if (!binary) this.#hear(String(data));
    });
    this.#ws.on('unexpected-response', (_request, response) => {
      response.resume();
      const refused = response.statusCode === 503 || response.statusCode === 429;
      this.#end(refused ? 'refused' : 'error', `the server answered ${response.statusCode}`);
    });
    this.#ws.on('error', (error) => this.#end('error', error.message));
    this.#ws.on('close', (code, reason) =>
      this.#end(code === TRY_AGAIN ? 'refused' : 'error', `closed with ${code} ${reason}`.trim()),
    );
  }

  /** What became of it, once it is over. */
  get result(): StreamResult | undefined {
    return this.#result;
  }

  /** Sends what is due by now; returns how late the oldest of it was, in ms, or undefined where nothing was due. */
  tick(now: number): number | undefined {
    if (this.#began === undefined || this.#result !== undefined) return undefined;
    const { audio, packetMs } = this.#options;
    const due = packetsDue(now - this.#began, packetMs);
    if (due <= this.#sent) return undefined;
    const late = now - this.#began - this.#sent * packetMs;
    const bytes = packetMs * BYTES_PER_MS;
    while (this.#sent < due) {
      const packet = audio.pcm.subarray(this.#sent * bytes, (this.#sent + 1) * bytes);
      this.#ws.send(packet.length > 0 ? packet : this.#silence);
      this.#sent++;
    }
    this.#finishWhenAllCame(now);
    return late;
  }

  /** Ends it where it stands. */
  stop(message: string): void {
    this.#end('error', message);
  }

  #hear(data: string): void {
    const now = performance.now();
    const heard = this.#options.dialect.read(JSON.parse(data) as Record<string, unknown>);
    if (heard.type === 'ready') this.#began ??= now;
    if (heard.type === 'error') this.#end(heard.refused ? 'refused' : 'error', heard.message);
    if (heard.type === 'partial' || heard.type === 'final') this.#word(heard, now);
  }

  #word(heard: Extract<Heard, { text: string }>, now: number): void {
    this.#lastWord = now;
    this.#checkPromise(heard);
    if (heard.type === 'partial') {
      this.#firstPartial ??= now;
      const sentMs = this.#sent * this.#options.packetMs;
      if (heard.endMs !== undefined) this.#lags.push(Math.max(0, sentMs - heard.endMs));
      return;
    }
    if (heard.text.trim() === '') return;
    this.#lastFinal = now;
    this.#finals.push(heard.text);
    if (heard.endpointToFinalMs !== undefined) this.#endpointToFinal.push(heard.endpointToFinalMs);
  }

  /** What was called stable must still stand, in the partials and in the final. */
  #checkPromise(heard: Extract<Heard, { text: string }>): void {
    if (this.#promise.utterance !== heard.utterance) this.#promise = { utterance: heard.utterance, text: '' };
    if (!heard.text.startsWith(this.#promise.text)) this.#broken++;
    if (heard.stable !== undefined && heard.stable > 0) this.#promised++;
    const text = heard.type === 'final' ? '' : heard.text.slice(0, heard.stable ?? 0);
    this.#promise = { utterance: heard.utterance, text };
  }

  #finishWhenAllCame(now: number): void {
    const { audio, silenceMs } = this.#options;
    const past = now - this.#at(audio.speechToMs + silenceMs);
    const heardAll = this.#lastFinal !== undefined && this.#lastFinal >= this.#at(audio.speechToMs);
    if (past > PATIENCE_MS) this.#end('error', 'no final after the last speech');
    else if (heardAll && past > QUIET_MS && now - this.#lastWord > (past > TALKATIVE_MS ? 0 : QUIET_MS))
      this.#end('done');
  }

  /** When the sample at `ms` of the audio was due to be sent. */
  #at(ms: number): number {
    return (this.#began ?? 0) + ms;
  }

  #end(outcome: StreamResult['outcome'], message?: string): void {
    if (this.#result !== undefined) return;
    const { audio, dialect, packetMs } = this.#options;
    const since = (from: number, to: number | undefined): number | undefined =>
      to === undefined || to < this.#at(from) ? undefined : to - this.#at(from);
    const firstPartialMs = since(audio.speechFromMs, this.#firstPartial);
    const speechEndToFinalMs = since(audio.speechToMs, this.#lastFinal);
    this.#result = {
      outcome,
      ...(message === undefined || outcome === 'done' ? {} : { message }),
      ...(firstPartialMs === undefined ? {} : { firstPartialMs }),
      ...(speechEndToFinalMs === undefined ? {} : { speechEndToFinalMs }),
      endpointToFinalMs: this.#endpointToFinal,
      lagMs: this.#lags,
      text: this.#finals.map((text) => text.trim()).join(' '),
      stable: { promised: this.#promised, broken: this.#broken },
      audioMs: this.#sent * packetMs,
    };
    if (this.#ws.readyState === this.#ws.OPEN && dialect.goodbye !== undefined)
      this.#ws.send(dialect.goodbye);
    if (this.#ws.readyState === this.#ws.CONNECTING) this.#ws.terminate();
    else this.#ws.close();
  }
}

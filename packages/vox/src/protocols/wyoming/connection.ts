/** One client: its events in order, its selection, and at most one transcription and one streamed speech at a time. */
import { randomUUID } from 'node:crypto';
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { Inbound, loggedError, type TcpConnection } from '../../transport/index.js';
import { type Data, type Decoded, EventDecoder, encodeEvent } from './codec.js';
import { Hearing, type HearingOwner } from './hearing.js';
import type { Request, WyomingMetrics } from './metrics.js';
import { chooseVoice, describe, recogniser, type Selected, select } from './programs.js';
import * as render from './render.js';
import type { HearingSettings } from './request.js';
import {
  type AudioFormat,
  DEFAULT_TRANSCRIBE,
  readFormat,
  readManner,
  readName,
  readText,
  readTranscribe,
  type Transcribe,
} from './schema.js';
import { type Send, StreamedSpeech, speakWhole } from './speaking.js';
import { textOfSsml } from './ssml.js';

export interface ConnectionContext {
  readonly runtime: Pick<
    Runtime,
    | 'listen'
    | 'decodeStream'
    | 'speak'
    | 'speakStream'
    | 'limits'
    | 'list'
    | 'voices'
    | 'show'
    | 'defaultModel'
  >;
  readonly settings: HearingSettings;
  readonly metrics: WyomingMetrics;
  readonly log: Log;
  /** Of this server. */
  readonly version: string;
}

export class WyomingConnection implements HearingOwner {
  readonly #tcp: TcpConnection;
  readonly #context: ConnectionContext;
  readonly #log: Log;
  readonly #decoder = new EventDecoder();
  readonly #inbound: Inbound<Decoded>;
  /** Aborts all that is done for this client, when it is gone or was told why it has to go. */
  readonly #stop = new AbortController();
  #selected: Selected = {};
  /** Of the transcription to come. */
  #wanted: Transcribe = DEFAULT_TRANSCRIBE;
  #hearing: Hearing | undefined;
  /** The transcript was said before `audio-stop`: the audio up to there is of no use. */
  #tail = false;
  /** The payload that comes is audio to be heard. */
  #listening = false;
  #speech: StreamedSpeech | undefined;
  #stopping = false;

  constructor(tcp: TcpConnection, context: ConnectionContext) {
    this.#tcp = tcp;
    this.#context = context;
    this.#log = context.log.child({ connection: randomUUID() });
    this.#inbound = new Inbound(tcp, {
      signal: this.#stop.signal,
      size: sizeOf,
      handle: (item) => this.#handle(item),
      failed: (error) => this.failed(error),
      onIdle: () => this.#idle(),
    });
    tcp.owes = () => !this.#inbound.idle;
    tcp.onStop = () => {
      this.#stopping = true;
      this.#idle();
    };
    tcp.signal.addEventListener('abort', () => this.#end(), { once: true });
    tcp.onBytes((bytes) => this.#receive(this.#decoder.push(bytes)));
  }

  say(type: string, data?: Data): void {
    void this.#send(encodeEvent(type, data));
  }

  answered(): void {
    this.#count('transcribe', 'done');
    this.#tail = true;
    this.#hearing = undefined;
    this.#idle();
  }

  /** Where the server stops, a client whose requests are all answered goes. */
  #idle(): void {
    const busy = !this.#inbound.idle || this.#hearing !== undefined || this.#speech !== undefined;
    if (this.#stopping && !busy) this.#tcp.end();
  }

  /** Says what went wrong, and closes: what a client would do with the answer to half a request nobody knows. */
  failed(thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const id = randomUUID().slice(0, 8);
    const error = loggedError(thrown, id, this.#log, 'a Wyoming request failed');
    if (error.code !== 'internal') this.#log.warn({ code: error.code, reason: error.message }, 'error event');
    this.#context.metrics.use.errors.inc({ code: error.code });
    this.say('error', render.error(error));
    if (this.#hearing !== undefined) this.#count('transcribe', 'failed');
    if (this.#speech !== undefined) this.#count('synthesize-stream', 'failed');
    this.#hearing?.end();
    this.#hearing = undefined;
    this.#speech = undefined;
    this.#end();
    this.#tcp.end();
  }

  #handle(item: Decoded): Promise<void> | undefined {
    if (this.#stop.signal.aborted) return undefined;
    if (item.kind === 'fault') throw item.error;
    if (item.kind === 'payload') return this.#listening ? this.#hearing?.append(item.bytes) : undefined;
    this.#listening = false;
    return this.#event(item.type, item.data);
  }

  #receive(items: readonly Decoded[]): void {
    const others: Decoded[] = [];
    for (const item of items) {
      // Who asks whether we are there is told at once, whatever goes on.
      if (item.kind === 'event' && item.type === 'ping') this.#pong(item.data);
      else others.push(item);
    }
    this.#inbound.push(...others);
  }

  #pong({ text }: Data): void {
    this.say('pong', { text: typeof text === 'string' ? text : null });
  }

  #event(type: string, data: Data): Promise<void> | undefined {
    switch (type) {
      case 'describe':
        return this.#counted('describe', () => this.#describe());
      case 'select-program':
        return this.#select(readName(data));
      case 'transcribe':
        this.#wanted = readTranscribe(data);
        this.#forget();
        return undefined;
      case 'audio-start':
        this.#forget();
        return this.#hear(readFormat(data));
      case 'audio-chunk':
        return this.#chunk(readFormat(data));
      case 'audio-stop':
        return this.#finishHearing();
      case 'synthesize':
        return this.#synthesize(data);
      case 'synthesize-start':
        return this.#startSpeech(data);
      case 'synthesize-chunk':
        this.#openSpeech.append(readText(data));
        return undefined;
      case 'synthesize-stop':
        return this.#finishSpeech(this.#openSpeech);
      default:
        // Wyoming's rule: what a program does not know it drops.
        return undefined;
    }
  }

  async #describe(): Promise<void> {
    const { runtime, version } = this.#context;
    this.say('info', await describe(runtime, version));
  }

  async #select(name: string): Promise<void> {
    this.#selected = await select(this.#context.runtime, this.#selected, name);
  }

  /** A new transcription: what is left of the one before is of no use. */
  #forget(): void {
    this.#tail = false;
    if (this.#hearing === undefined) return;
    this.#hearing.end();
    this.#hearing = undefined;
    this.#count('transcribe', 'cancelled');
  }

  async #hear(format: AudioFormat): Promise<void> {
    const { runtime, settings } = this.#context;
    const wanted = this.#wanted;
    this.#wanted = DEFAULT_TRANSCRIBE;
    const hearing = new Hearing(wanted, format, this);
    this.#hearing = hearing;
    const model = await recogniser(runtime, this.#selected, wanted);
    await hearing.open(runtime, model, settings);
  }

  /** A chunk may come without `audio-start`: it says its format itself. */
  #chunk(format: AudioFormat): Promise<void> | undefined {
    if (this.#tail) return undefined;
    this.#listening = true;
    if (this.#hearing === undefined) return this.#hear(format);
    const { rate, encoding, channels } = this.#hearing.format;
    if (rate === format.rate && encoding === format.encoding && channels === format.channels)
      return undefined;
    throw new VoxError(
      'invalid_request',
      'rate, width and channels of an audio-chunk must be those of its audio-start',
      {
        param: 'rate',
      },
    );
  }

  async #finishHearing(): Promise<void> {
    if (this.#hearing !== undefined) await this.#hearing.finish();
    else if (!this.#tail && this.#wanted !== DEFAULT_TRANSCRIBE) {
      // Asked, and nothing to hear. Nobody is answered who has not asked.
      const { context, language } = this.#wanted;
      this.#wanted = DEFAULT_TRANSCRIBE;
      const about = {
        ...(language === undefined ? {} : { language }),
        ...(context === undefined ? {} : { context }),
      };
      this.say('transcript-start', about);
      this.say('transcript', render.transcript('', about, []));
      this.say('transcript-stop');
      this.#count('transcribe', 'done');
    }
    this.#tail = false;
  }

  #synthesize(data: Data): Promise<void> | undefined {
    // While a text is streamed, the same text comes once more, for programs that know no streams.
    if (this.#speech !== undefined) return undefined;
    const { voice, ssml } = readManner(data);
    const text = ssml ? textOfSsml(readText(data)) : readText(data);
    const { runtime } = this.#context;
    return this.#counted('synthesize', async () => {
      const chosen = await chooseVoice(runtime, this.#selected, voice);
      await speakWhole(runtime, text, chosen, this.#send, this.#stop.signal);
    });
  }

  async #startSpeech(data: Data): Promise<void> {
    if (this.#speech !== undefined)
      throw new VoxError('invalid_request', 'a speech is being streamed: end it with synthesize-stop');
    const { voice, ssml } = readManner(data);
    const { runtime } = this.#context;
    const chosen = await chooseVoice(runtime, this.#selected, voice);
    const failed = (error: unknown) => this.failed(error);
    this.#speech = await StreamedSpeech.open(runtime, chosen, ssml, this.#send, this.#stop.signal, failed);
  }

  get #openSpeech(): StreamedSpeech {
    if (this.#speech !== undefined) return this.#speech;
    throw new VoxError('invalid_request', 'no speech is being streamed: begin one with synthesize-start');
  }

  async #finishSpeech(speech: StreamedSpeech): Promise<void> {
    await speech.finish();
    if (this.#stop.signal.aborted) return;
    this.#speech = undefined;
    this.say('synthesize-stopped');
    this.#count('synthesize-stream', 'done');
  }

  readonly #send: Send = (parts) => this.#tcp.write(parts);

  async #counted(request: Request, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#count(request, 'done');
    } catch (error) {
      this.#count(request, this.#stop.signal.aborted ? 'cancelled' : 'failed');
      throw error;
    }
  }

  #count(request: Request, outcome: 'done' | 'failed' | 'cancelled'): void {
    this.#context.metrics.use.requests.inc({ request, outcome });
  }

  /** Whatever is done for this client ends now. */
  #end(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#forget();
    if (this.#speech !== undefined) this.#count('synthesize-stream', 'cancelled');
    this.#speech = undefined;
  }
}

function sizeOf(item: Decoded): number {
  if (item.kind === 'payload') return item.bytes.length;
  return item.kind === 'event' ? item.bytes : 0;
}

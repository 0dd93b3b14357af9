/** A typed client of a Vox server, for browsers and Node. No dependency. */
import { bytesOf, type Call, call, type Fetch, jsonOf, type Target } from './call.js';
import { VoxClientError } from './errors.js';
import { NdjsonDecoder } from './ndjson.js';
import { diarization, transcription } from './recording.js';
import type { OpenSocket } from './socket.js';
import type {
  ListenInput,
  LiveMessage,
  SpeakStreamInput,
  SpeechMessage,
  StreamedTranscript,
  TranscribeStreamInput,
} from './stream-types.js';
import { listen, speakStream, transcribeStream } from './streams.js';
import type {
  CallOptions,
  CatalogModel,
  CatalogSearch,
  CreatedVoice,
  DiarizedTranscript,
  DiarizeInput,
  LoadedModel,
  ModelDetails,
  ModelListing,
  ModelSummary,
  NewVoice,
  PullCallOptions,
  PullProgress,
  SearchQuery,
  SpeakInput,
  SpokenAudio,
  TranscribeInput,
  Transcript,
  VoiceSummary,
} from './types.js';

export interface VoxClientOptions {
  /** Where the server is; http, https, ws and wss are all read. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** Default: the global one. In Node, `nodeFetch` of `@vox-speech/client/node` has no time limits of its own. */
  readonly fetch?: Fetch | undefined;
  /** Default: the global WebSocket, which Node has from version 22 on. */
  readonly openSocket?: OpenSocket | undefined;
}

/** Every method rejects with VoxClientError, or with the reason of the signal that aborted it. */
export class VoxClient {
  readonly baseUrl: string;
  readonly #target: Target;

  /** Throws VoxClientError `invalid_request` for an address that is none. */
  constructor(options: VoxClientOptions) {
    this.baseUrl = options.baseUrl.replace(/^ws(s?):/i, 'http$1:').replace(/\/+$/, '');
    if (!/^https?:\/\//i.test(this.baseUrl) || !URL.canParse(this.baseUrl))
      throw new VoxClientError(
        `baseUrl "${options.baseUrl}" is no address: expected one like http://127.0.0.1:11435`,
        { status: 0, code: 'invalid_request', param: 'baseUrl' },
      );
    this.#target = {
      baseUrl: this.baseUrl,
      apiKey: options.apiKey,
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      openSocket: options.openSocket,
    };
  }

  /** Resolves when the server answers. */
  async health(options: CallOptions = {}): Promise<{ readonly status: string }> {
    return this.#json({ method: 'GET', path: '/v1/health', signal: options.signal });
  }

  /** The models on the server. */
  async list(options: CallOptions = {}): Promise<readonly ModelSummary[]> {
    return (await this.listing(options)).models;
  }

  /** The models on the server, and those that are there and can't be used. */
  async listing(options: CallOptions = {}): Promise<ModelListing> {
    return this.#json({ method: 'GET', path: '/v1/models', signal: options.signal });
  }

  async show(model: string, options: CallOptions = {}): Promise<ModelDetails> {
    return this.#json({ method: 'GET', path: modelPath(model), signal: options.signal });
  }

  /** The models that are loaded now. */
  async ps(options: CallOptions = {}): Promise<readonly LoadedModel[]> {
    const answer: { models: LoadedModel[] } = await this.#json({
      method: 'GET',
      path: '/v1/models/loaded',
      signal: options.signal,
    });
    return answer.models;
  }

  /** Progress of a pull; ends after `success`, throws `pull_failed` with the reason otherwise. */
  async *pull(model: string, options: PullCallOptions = {}): AsyncGenerator<PullProgress> {
    const answer = await this.#call({
      method: 'POST',
      path: '/v1/models/pull',
      json: { name: model, ...(options.acceptLicense === true ? { accept_license: true } : {}) },
      signal: options.signal,
    });
    const decoder = new NdjsonDecoder();
    for await (const bytes of bytesOf(answer, this.#target, options.signal)) {
      for (const event of decoder.push(bytes)) {
        yield checkProgress(event);
        if (isSuccess(event)) return;
      }
    }
    for (const event of decoder.finish()) {
      yield checkProgress(event);
      if (isSuccess(event)) return;
    }
    throw new VoxClientError(`the pull of ${model} ended without saying how`, {
      status: 200,
      code: 'broken_answer',
    });
  }

  /** Removes a model from the server. */
  async remove(model: string, options: CallOptions = {}): Promise<void> {
    await this.#json({ method: 'DELETE', path: modelPath(model), signal: options.signal });
  }

  /** Unloads a model, or every model; the references that were unloaded. */
  async stop(model?: string, options: CallOptions = {}): Promise<readonly string[]> {
    const answer: { unloaded: string[] } = await this.#json({
      method: 'POST',
      path: '/api/stop',
      json: model === undefined ? { all: true } : { name: model },
      signal: options.signal,
    });
    return answer.unloaded;
  }

  /** What can be pulled. */
  async search(query: SearchQuery = {}, options: CallOptions = {}): Promise<CatalogSearch> {
    return this.#json({
      method: 'GET',
      path: '/api/search',
      query: { q: query.text, type: query.type, language: query.language, license: query.license },
      signal: options.signal,
    });
  }

  /** All that the catalog says of a model, pulled or not. */
  async describe(model: string, options: CallOptions = {}): Promise<CatalogModel> {
    return this.#json({
      method: 'GET',
      path: `/api/catalog/${encodeURIComponent(model)}`,
      signal: options.signal,
    });
  }

  /** The voices of a model, or of every loaded one. */
  async voices(model?: string, options: CallOptions = {}): Promise<readonly VoiceSummary[]> {
    const answer: { voices: VoiceSummary[] } = await this.#json({
      method: 'GET',
      path: '/api/voices',
      query: { model },
      signal: options.signal,
    });
    return answer.voices;
  }

  /** Voices made from recordings, whatever is loaded. */
  async clonedVoices(options: CallOptions = {}): Promise<readonly VoiceSummary[]> {
    const answer: { voices: VoiceSummary[] } = await this.#json({
      method: 'GET',
      path: '/v1/audio/voices',
      query: { cloned: 'true' },
      signal: options.signal,
    });
    return answer.voices;
  }

  /** Makes a voice from a recording of 1 to 30 s. A Blob of a file on disk is streamed. */
  async addVoice(input: NewVoice, options: CallOptions = {}): Promise<CreatedVoice> {
    const form = new FormData();
    const fields = {
      name: input.name,
      language: input.language,
      gender: input.gender,
      reference_text: input.referenceText,
    };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) form.append(name, value);
    }
    form.append('audio_sample', input.file, input.filename ?? 'audio');
    return this.#json({ method: 'POST', path: '/v1/audio/voices', form, signal: options.signal });
  }

  /** Removes a voice that was made from a recording. */
  async removeVoice(id: string, options: CallOptions = {}): Promise<void> {
    const path = `/v1/audio/voices/${encodeURIComponent(id)}`;
    await this.#json({ method: 'DELETE', path, signal: options.signal });
  }

  /** Text with times. A Blob of a file on disk is streamed. */
  async transcribe(input: TranscribeInput, options: CallOptions = {}): Promise<Transcript> {
    return this.#json(transcription(input, 'verbose_json', options.signal));
  }

  /** Who said what. Of a call with a party on each channel at once; of other recordings after `pull('diarization')`. */
  async diarize(input: DiarizeInput, options: CallOptions = {}): Promise<DiarizedTranscript> {
    return this.#json(await diarization(input, options.signal));
  }

  /** The transcript as plain text or as subtitles. */
  async transcribeAs(
    format: 'text' | 'srt' | 'vtt',
    input: TranscribeInput,
    options: CallOptions = {},
  ): Promise<string> {
    const answer = await this.#call(transcription(input, format, options.signal));
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of bytesOf(answer, this.#target, options.signal)) {
      text += decoder.decode(bytes, { stream: true });
    }
    return text + decoder.decode();
  }

  /** Speech, as it is made. Resolves with the first byte; an answer that is cut short throws from `audio`. */
  async speak(input: SpeakInput, options: CallOptions = {}): Promise<SpokenAudio> {
    const answer = await this.#call({
      method: 'POST',
      path: '/v1/audio/speech',
      json: {
        model: input.model ?? '',
        input: input.input,
        voice: input.voice,
        speed: input.speed,
        language: input.language,
        response_format: input.format ?? 'wav',
        keep_alive: input.keepAlive,
        stream: input.whole === true ? false : undefined,
      },
      signal: options.signal,
    });
    return {
      contentType: answer.headers.get('content-type') ?? 'application/octet-stream',
      audio: bytesOf(answer, this.#target, options.signal),
    };
  }

  /** A recording of any length, sent bit by bit; its transcript when all was heard. */
  transcribeStream(input: TranscribeStreamInput, options: CallOptions = {}): Promise<StreamedTranscript> {
    return transcribeStream(this.#target, input, options.signal);
  }

  /** Speech of a text as it is written: messages, and bytes of audio. Leaving the loop stops the voice. */
  speakStream(
    input: SpeakStreamInput,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechMessage | Uint8Array<ArrayBuffer>> {
    return speakStream(this.#target, input, options.signal);
  }

  /** A microphone's stream: what is said as it is said. Leaving the loop ends it. */
  listen(input: ListenInput, options: CallOptions = {}): AsyncGenerator<LiveMessage> {
    return listen(this.#target, input, options.signal);
  }

  #call(request: Call): Promise<Response> {
    return call(this.#target, request);
  }

  async #json<T>(request: Call): Promise<T> {
    return jsonOf<T>(await this.#call(request), this.#target, request.signal);
  }
}

function modelPath(model: string): string {
  return `/v1/models/${encodeURIComponent(model)}`;
}

function checkProgress(event: unknown): PullProgress {
  const progress = event as PullProgress | null;
  if (typeof progress?.status !== 'string') {
    throw new VoxClientError('the server sent progress without a status', {
      status: 200,
      code: 'broken_answer',
    });
  }
  if (progress.status === 'error')
    throw new VoxClientError(progress.error ?? 'the pull failed', { status: 200, code: 'pull_failed' });
  return progress;
}

function isSuccess(event: unknown): boolean {
  return (event as PullProgress).status === 'success';
}

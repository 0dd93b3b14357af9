/** `StreamingService`: a microphone; what is said as it is said. */
import { VoxError } from '@vox-speech/contract';
import { type Listening, temperatureWarning } from '../../runtime/listening.js';
import type { Runtime } from '../../runtime/types.js';
import type { GrpcDuplex, GrpcServer } from '../../transport/grpc/index.js';
import { warningHeader } from '../../transport/index.js';
import { liveRenderer } from '../vox-shapes/live-events.js';
import { listenToMicrophone, type MicrophoneConfig } from '../vox-shapes/microphone.js';
import { Duplex } from './duplex.js';
import { Ears } from './ears.js';
import type { PcmFrame, Reply, StreamConfig, StreamInput } from './messages.js';
import type { Protos } from './proto.js';

/** Hz of audio that comes in, where a client does not say. */
const SAMPLE_RATE = 16_000;
/** The original's, in ms. */
const PARTIAL_STRIDE_MS = { default: 700, most: 60_000 };

export function registerLive(server: GrpcServer, protos: Protos, runtime: Runtime): void {
  server.add({
    kind: 'duplex',
    method: protos.method<StreamInput, Reply>('vox.StreamingService', 'StreamTranscribe'),
    handle: (stream) => new LiveCall(runtime, stream).run(),
  });
}

/** A session with what brings sound to it. */
interface Hearing {
  readonly config: MicrophoneConfig;
  readonly listening: Listening;
  readonly ears: Ears;
  /** Ends it at once. */
  stop(): void;
}

class LiveCall {
  readonly #runtime: Runtime;
  readonly #duplex: Duplex<StreamInput>;
  #hearing: Hearing | undefined;

  constructor(runtime: Runtime, stream: GrpcDuplex<StreamInput, Reply>) {
    this.#runtime = runtime;
    this.#duplex = new Duplex(stream, {
      take: (message) => this.#take(message),
      ended: async () => {
        if (this.#hearing === undefined) return this.#duplex.end();
        await this.#hearing.ears.end();
        this.#hearing.listening.session.finish();
      },
    });
  }

  /** Resolves after the last final. */
  run(): Promise<void> {
    return this.#duplex.run();
  }

  #take(message: StreamInput): Promise<void> | void {
    switch (message.msg) {
      case 'config':
        return this.#configure(message.config);
      case 'audio':
        return this.#pcm(message.audio);
      case 'opus_frame':
        return this.#configured().ears.opus(message.opus_frame);
      case 'encoded_audio':
        return this.#configured().ears.encoded(message.encoded_audio);
      default:
        throw new VoxError(
          'invalid_request',
          'expected one of config, audio, opus_frame, encoded_audio, end_of_stream',
        );
    }
  }

  async #configure(config: StreamConfig): Promise<void> {
    if (this.#hearing !== undefined)
      throw new VoxError('invalid_request', 'This stream is configured; open another one to change it');
    const warnings = await this.#open(microphone(config));
    this.#duplex.header(warningHeader([...warnings, ...temperatureWarning(config.temperature)]));
    this.#duplex.send({ ready: {} });
  }

  #configured(): Hearing {
    if (this.#hearing !== undefined) return this.#hearing;
    throw new VoxError(
      'invalid_request',
      'Configuration message required before audio: the first message has `config`',
    );
  }

  /** A rate that only the audio states is the stream's, as long as nothing was heard at another. */
  #pcm({ pcm16, sample_rate: rate }: PcmFrame): Promise<void> | void {
    const hearing = this.#configured();
    const { config, ears } = hearing;
    if (rate === 0 || rate === config.sample_rate) return ears.pcm(pcm16);
    if (ears.used)
      throw new VoxError(
        'invalid_request',
        `sample_rate: this stream is at ${config.sample_rate} Hz, the frame says ${rate}; open another one`,
        { param: 'sample_rate' },
      );
    return this.#open({ ...config, sample_rate: rate }).then(() => {
      hearing.stop();
      return this.#configured().ears.pcm(pcm16);
    });
  }

  /** Opens a session; the warnings that it begins with. */
  async #open(config: MicrophoneConfig): Promise<Listening['warnings']> {
    const render = liveRenderer(config);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#duplex.signal, stop.signal]);
    let { model } = config;
    const listening = await listenToMicrophone(
      this.#runtime,
      { signal, fail: (error) => this.#duplex.break(error) },
      config,
      {
        event: (event) => {
          const message = render(event, model);
          if (message !== undefined) this.#duplex.send({ [message.type]: message.fields });
        },
        end: () => this.#duplex.end(),
      },
    );
    model = listening.session.model;
    const ears = new Ears({
      runtime: this.#runtime,
      sampleRate: config.sample_rate,
      signal,
      append: (bytes) => listening.append(bytes),
    });
    this.#hearing = { config, listening, ears, stop: () => stop.abort() };
    return listening.warnings;
  }
}

/** The original's defaults for what was left out. */
function microphone(config: StreamConfig): MicrophoneConfig {
  return {
    model: config.model,
    language: config.language === '' ? undefined : config.language,
    sample_rate: config.sample_rate || SAMPLE_RATE,
    partials: config.partials,
    partial_stride_ms: Math.min(
      config.partial_stride_ms || PARTIAL_STRIDE_MS.default,
      PARTIAL_STRIDE_MS.most,
    ),
    include_word_timestamps: config.include_word_timestamps,
  };
}

/** `SynthesisService`: text to speech, and voices. */
import { int16ToFloat } from '@vox-speech/audio';
import type { Warning } from '@vox-speech/contract';
import { parseLanguage } from '../../runtime/languages.js';
import type { Runtime } from '../../runtime/types.js';
import type { GrpcContext, GrpcServer } from '../../transport/grpc/index.js';
import { warningHeader } from '../../transport/index.js';
import { voiceItem } from '../vox-shapes/index.js';
import { checkedVoice, MAX_SAMPLE_BYTES, voicesOf } from '../vox-shapes/voices.js';
import type { CreateVoiceRequest, Reply, SynthesizeRequest } from './messages.js';
import type { Protos } from './proto.js';
import { withUpload } from './upload.js';

export interface SynthesisOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
}

/** Values of `response_format` that say what is sent anyway. */
const FORMATS = new Set(['', 'f32le', 'pcm_f32le']);

export function registerSynthesis(server: GrpcServer, protos: Protos, options: SynthesisOptions): void {
  const { runtime } = options;
  server.add({
    kind: 'server-stream',
    method: protos.method<SynthesizeRequest, Reply>('vox.SynthesisService', 'Synthesize'),
    handle: (request, context) => synthesize(runtime, request, context),
  });
  server.add({
    kind: 'unary',
    method: protos.method<{ readonly model: string }, Reply>('vox.SynthesisService', 'ListVoices'),
    async handle({ model }) {
      const voices = await voicesOf(runtime, model);
      // The original names the model of each, asked for or not.
      return { voices: voices.map((voice) => ({ model, ...voice })) };
    },
  });
  server.add({
    kind: 'unary',
    method: protos.method<CreateVoiceRequest, Reply>('vox.SynthesisService', 'CreateVoice'),
    handle: (request, context) => createVoice(options, request, context),
  });
  server.add({
    kind: 'unary',
    method: protos.method<{ readonly id: string }, Reply>('vox.SynthesisService', 'DeleteVoice'),
    async handle({ id }) {
      await runtime.clonedVoices.remove(id);
      return { id, deleted: true };
    },
  });
}

/** Samples as they are made; then one message without samples that says it was all. */
async function* synthesize(
  runtime: Runtime,
  request: SynthesizeRequest,
  { signal, header }: GrpcContext,
): AsyncGenerator<Reply, void> {
  const language = parseLanguage(request.language);
  const speech = await runtime.speak({
    model: request.model,
    text: request.input,
    voice: request.voice,
    // Not given, or 0: the original took both for 1.
    speed: request.speed === 0 ? 1 : Number(request.speed.toPrecision(6)),
    format: 'pcm',
    signal,
    ...(language === undefined ? {} : { language }),
  });
  // It rejects along with the audio, which is read here.
  speech.summary.catch(() => {});
  header(warningHeader([...speech.warnings, ...formatWarning(request.response_format)]));
  const sample_rate = speech.sampleRate;
  let torn = new Uint8Array(0);
  for await (const bytes of speech.audio) {
    const whole = torn.length === 0 ? bytes : Buffer.concat([torn, bytes]);
    const even = whole.length & ~1;
    torn = new Uint8Array(whole.subarray(even));
    if (even > 0) yield { audio: floats(whole.subarray(0, even)), sample_rate };
  }
  yield { sample_rate, is_final: true };
}

/** 16-bit samples as little-endian floats of 32 bits: a multiplication each. */
function floats(pcm16: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = int16ToFloat(pcm16);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The original sends samples whatever was asked for, and so do we. */
function formatWarning(format: string): Warning[] {
  if (FORMATS.has(format)) return [];
  const message = `'${format.slice(0, 60)}' is not made here: audio is 32-bit float samples; files come over HTTP`;
  return [{ type: 'unsupported', option: 'response_format', message }];
}

async function createVoice(
  { runtime, uploadDirectory: directory }: SynthesisOptions,
  request: CreateVoiceRequest,
  { signal }: GrpcContext,
): Promise<Reply> {
  const fields: Readonly<Record<string, unknown>> = { ...request };
  const voice = checkedVoice((name) => fields[name] as string, runtime.limits.textCharacters);
  const maxBytes = Math.min(runtime.limits.uploadBytes, MAX_SAMPLE_BYTES);
  const { createdAt, ...made } = await withUpload(request, { directory, maxBytes, signal }, (path) =>
    runtime.clonedVoices.create({ ...voice, path, signal }),
  );
  return { voice: voiceItem({ ...made, cloned: true }), created_at: createdAt };
}

/** `TranscriptionService`: a recording to text. */
import type { RawFormat } from '@vox-speech/audio';
import { VoxError, type Warning } from '@vox-speech/contract';
import { collectTranscript } from '../../runtime/collect.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { Runtime } from '../../runtime/types.js';
import type { GrpcContext, GrpcServer } from '../../transport/grpc/index.js';
import { abortable, warningHeader } from '../../transport/index.js';
import { segment } from '../vox-shapes/index.js';
import type { Empty, Reply, TranscribeRequest } from './messages.js';
import type { Protos } from './proto.js';
import { withUpload } from './upload.js';

export interface TranscriptionOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
}

/** Values of `response_format` that mean what the one answer there is already holds. */
const FORMATS = new Set(['', 'json', 'verbose_json', 'text']);
/** Values of `format_hint` for samples without a header, at the recognisers' own rate. */
const RAW: Readonly<Record<string, RawFormat>> = {
  pcm16: { encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
  f32le: { encoding: 'f32', sampleRate: 16_000, channels: 1 },
};

export function registerTranscription(
  server: GrpcServer,
  protos: Protos,
  options: TranscriptionOptions,
): void {
  server.add({
    kind: 'unary',
    method: protos.method<TranscribeRequest, Reply>('vox.TranscriptionService', 'Transcribe'),
    handle: (request, context) => transcribe(options, request, context),
  });
  server.add({
    kind: 'unary',
    method: protos.method<Empty, Reply>('vox.TranscriptionService', 'Annotate'),
    handle() {
      throw new VoxError(
        'method_not_allowed',
        'Annotate: this server finds no names and topics in texts; entities and topics of transcripts are empty',
      );
    },
  });
}

async function transcribe(
  { runtime, uploadDirectory: directory }: TranscriptionOptions,
  request: TranscribeRequest,
  { signal, header }: GrpcContext,
): Promise<Reply> {
  const language = parseLanguage(request.language);
  const temperature = temperatureOf(request.temperature);
  const raw = RAW[request.format_hint.trim().toLowerCase()];
  const maxBytes = runtime.limits.uploadBytes;
  const done = await withUpload(request, { directory, maxBytes, signal }, async (path) => {
    const job = await runtime.transcribe({
      model: request.model,
      path,
      task: 'transcribe',
      words: request.word_timestamps,
      signal,
      ...(language === undefined ? {} : { language }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(raw === undefined ? {} : { raw }),
    });
    return collectTranscript({ ...job, segments: abortable(job.segments, signal) });
  });
  header(warningHeader([...done.warnings, ...formatWarning(request.response_format)]));
  return {
    model: done.model,
    text: done.text,
    language: done.summary.language,
    duration_ms: Math.round(done.summary.durationMs),
    processing_ms: Math.round(done.summary.processingMs),
    segments: done.segments.map(segment),
  };
}

/** A float of 32 bits as it was meant: 0.2, not 0.20000000298. Absent = 0. Throws `invalid_request`. */
function temperatureOf(value: number): number | undefined {
  if (value === 0) return undefined;
  const meant = Number(value.toPrecision(6));
  if (meant > 0 && meant <= 1) return meant;
  throw new VoxError('invalid_request', `temperature must be between 0 and 1; got ${meant}`, {
    param: 'temperature',
  });
}

/** The answer is a message with everything in it, whatever a client would have it look like. */
function formatWarning(format: string): Warning[] {
  if (FORMATS.has(format)) return [];
  const message = `'${format.slice(0, 60)}' is not made here: the answer holds text, segments and times`;
  return [{ type: 'unsupported', option: 'response_format', message }];
}

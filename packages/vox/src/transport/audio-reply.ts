/** An answer that is audio: as it is made, or whole with its right length. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestSignal } from './signal.js';
import { spool } from './spool.js';
import { abortable, started, streamBody } from './stream.js';

export type ReplyFormat = 'wav' | 'pcm' | 'mp3' | 'opus' | 'aac' | 'flac';

export interface AudioReply {
  readonly format: ReplyFormat;
  /** Hz. */
  readonly sampleRate: number;
  /** Audio in the format; for a whole WAV the bare 16-bit mono samples. */
  readonly audio: AsyncIterable<Uint8Array>;
  /** Collect it first, then answer with Content-Length and, for a WAV, true sizes in its header. */
  readonly whole: boolean;
  /** The header of a whole WAV, for so many bytes of samples. */
  readonly wavHead: (bytes: number) => Uint8Array;
  /** For audio too long for memory. */
  readonly directory: string;
  /** Headers known once the audio is whole. */
  readonly finalHeaders?: () => Promise<Record<string, string>>;
}

/** The Content-Type of a format. `audio/L16` carries rate and channels, as RFC 2586 asks; its bytes are little-endian, as OpenAI's. */
export function audioType(format: ReplyFormat, sampleRate: number): string {
  if (format === 'pcm') return `audio/L16; rate=${sampleRate}; channels=1`;
  return { wav: 'audio/wav', mp3: 'audio/mpeg', opus: 'audio/ogg', aac: 'audio/aac', flac: 'audio/flac' }[
    format
  ];
}

/** Sends it. Rejects, before any byte left, with what goes wrong before the first audio (whole: before the last). */
export async function sendAudio(
  request: FastifyRequest,
  reply: FastifyReply,
  options: AudioReply,
): Promise<FastifyReply> {
  const signal = requestSignal(request);
  const { format, sampleRate } = options;
  reply.header('x-vox-sample-rate', sampleRate);
  if (!options.whole) {
    const audio = await started(options.audio, signal);
    return reply.type(audioType(format, sampleRate)).send(streamBody(audio));
  }
  const spooled = await spool(abortable(options.audio, signal), { directory: options.directory });
  // A client that goes before the first read leaves the reader unstarted, and what it would clean up.
  reply.raw.once('close', () => void spooled.dispose());
  try {
    const head = format === 'wav' ? options.wavHead(spooled.bytes) : new Uint8Array(0);
    reply.headers((await options.finalHeaders?.()) ?? {});
    return reply
      .type(audioType(format, sampleRate))
      .header('content-length', head.length + spooled.bytes)
      .send(streamBody(joined(head, spooled.read())));
  } catch (error) {
    await spooled.dispose();
    throw error;
  }
}

async function* joined(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return();
  }
}

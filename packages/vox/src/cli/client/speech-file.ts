/** A recording as the protocol wants it. WAV is read here; everything else goes through the ffmpeg program. */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floatToInt16, SNIFF_BYTES, sniff } from '@vox-speech/audio';
import { decodeToPcm16, readAudioFile } from '@vox-speech/audio/node';
import { requireFile } from '../regular-file.js';

/** Hz: yap.md section 4. */
const RATE = 16_000;
/** Seconds: the longest that the original keeps a connection (WS_MAX_CONNECTION_DURATION_S). */
const MAX_SECONDS = 5_400;
/** ms for ffmpeg, which decodes hundreds of times faster than real time. */
const DECODE_MS = 60_000;
/** Bytes of a 16-bit sample. */
const SAMPLE_BYTES = 2;

/**
 * PCM16LE mono at 16 kHz of any audio file.
 * @param ffmpeg finds the program; only asked when it is needed
 * @throws UsageError when there is no such file; VoxError `unsupported_media`, `empty_audio`, `too_large` (90 minutes),
 * `ffmpeg_missing`, `timeout`, `cancelled`
 */
export async function readSpeech(
  path: string,
  ffmpeg: () => Promise<string>,
  signal: AbortSignal,
): Promise<Buffer> {
  await requireFile(path);
  const container = sniff(await head(path));
  if (container === 'wav' || container === 'rf64') {
    const parts: Buffer[] = [];
    for await (const samples of readAudioFile({ path, format: 'wav', maxSeconds: MAX_SECONDS, signal })) {
      const bytes = floatToInt16(samples);
      parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
    return Buffer.concat(parts);
  }
  const folder = await mkdtemp(join(tmpdir(), 'vox-client-'));
  try {
    const output = join(folder, 'speech.pcm');
    await decodeToPcm16({
      ffmpeg: await ffmpeg(),
      input: path,
      ...(container === 'unknown' ? {} : { container }),
      output,
      sampleRate: RATE,
      maxSeconds: MAX_SECONDS,
      maxBytes: MAX_SECONDS * RATE * SAMPLE_BYTES,
      timeoutMs: DECODE_MS,
      signal,
    });
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function head(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(SNIFF_BYTES);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The recorder process: reads an upload, checks it and writes the reference, out of the server's way. One request over IPC,
 * one answer: null, or the error.
 */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { encodeWav, FrameDecoder, joinSamples, WavDecoder } from '@vox-speech/audio';
import { type ErrorRecord, type Pcm, toRecord, VoxError } from '@vox-speech/contract';
import { checkRecording, MAX_SECONDS, tooLong } from './check.js';
import type { Recording, RecordRequest } from './types.js';

process.once('message', (request: RecordRequest) => {
  record(request).then(
    () => finish(null),
    (error: unknown) => finish(toRecord(error)),
  );
});
process.on('disconnect', () => process.exit(1));
// A terminal's Ctrl-C reaches the whole group; the parent decides what it means.
process.on('SIGINT', () => undefined);

async function record({ recording, output }: RecordRequest): Promise<void> {
  const { samples, sampleRate } = await read(recording);
  checkRecording(samples, sampleRate);
  await writeFile(output, encodeWav(samples, sampleRate, 'f32'), { flag: 'wx', flush: true });
}

/** The recording at its own rate, since each model resamples it to its own; not a byte more than the longest one. */
async function read({ path, sampleRate }: Recording): Promise<Pcm> {
  const wav = sampleRate === undefined ? new WavDecoder() : undefined;
  const raw = wav ?? new FrameDecoder('s16', 1);
  const blocks: Float32Array[] = [];
  let length = 0;
  let rate = sampleRate ?? 0;
  for await (const bytes of createReadStream(path)) {
    const samples = raw.push(bytes as Buffer);
    rate = wav?.header?.format.sampleRate ?? rate;
    blocks.push(samples);
    length += samples.length;
    if (length > MAX_SECONDS * rate) throw tooLong();
    if (wav?.done) break;
  }
  wav?.end();
  if (length === 0) throw new VoxError('empty_audio', 'the recording holds no samples');
  return { samples: joinSamples(blocks), sampleRate: rate };
}

function finish(error: ErrorRecord | null): void {
  process.send?.(error, undefined, {}, () => process.exit(error === null ? 0 : 1));
}

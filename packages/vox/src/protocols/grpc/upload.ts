/** Audio that came in one message, as the temporary file that the runtime reads. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';

/** What stands in the request then. */
const NO_BYTES = new Uint8Array(0);

/**
 * Writes the audio of a request to a file, lets go of it, works with the file, and removes it.
 * @throws VoxError `empty_audio`, `too_large`, `disk_full`, and what the work throws
 */
export async function withUpload<T>(
  request: { audio: Uint8Array },
  { directory, maxBytes, signal }: { directory: string; maxBytes: number; signal: AbortSignal },
  work: (path: string) => Promise<T>,
): Promise<T> {
  const { length } = request.audio;
  if (length === 0)
    throw new VoxError('empty_audio', 'No audio data provided: audio is empty', { param: 'audio' });
  if (length > maxBytes)
    throw new VoxError('too_large', `audio is larger than ${maxBytes} bytes`, { param: 'audio' });
  const path = join(directory, `upload-${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(path, request.audio, { flag: 'wx', mode: 0o600, signal });
    request.audio = NO_BYTES;
    return await work(path);
  } finally {
    await rm(path, { force: true });
  }
}

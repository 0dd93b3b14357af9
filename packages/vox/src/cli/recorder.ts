/** A microphone, by a program that can record: arecord, sox or ffmpeg. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UsageError } from './command.js';

export interface Recorder {
  readonly name: string;
  readonly path: string;
  /** Writes little-endian 16-bit mono samples to standard output until it is told to stop. */
  readonly args: readonly string[];
}

/** What records on which system, the simplest first. */
function candidates(rate: number, platform: NodeJS.Platform): Omit<Recorder, 'path'>[] {
  const hertz = String(rate);
  const raw = ['-f', 's16le', '-ar', hertz, '-ac', '1', 'pipe:1'];
  const quiet = ['-nostdin', '-hide_banner', '-v', 'error'];
  const device =
    platform === 'darwin' ? ['-f', 'avfoundation', '-i', ':default'] : ['-f', 'alsa', '-i', 'default'];
  return [
    { name: 'arecord', args: ['-q', '-t', 'raw', '-f', 'S16_LE', '-r', hertz, '-c', '1'] },
    { name: 'sox', args: ['-q', '-d', '-t', 'raw', '-e', 'signed', '-b', '16', '-r', hertz, '-c', '1', '-'] },
    // Windows names its devices one by one; there is no default to record from.
    ...(platform === 'win32' ? [] : [{ name: 'ffmpeg', args: [...quiet, ...device, ...raw] }]),
  ];
}

/**
 * The first recorder on the search path. Throws UsageError that says what to install.
 * @param rate Hz
 */
export async function findRecorder(
  rate: number,
  searchPath: string,
  platform = process.platform,
): Promise<Recorder> {
  for (const { name, args } of candidates(rate, platform)) {
    for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
      const path = join(folder, platform === 'win32' ? `${name}.exe` : name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return { name, path, args };
    }
  }
  throw new UsageError('--mic needs a program that records: install alsa-utils (arecord), sox or ffmpeg');
}

/** How long a recorder may take to end after it was told to, in ms. */
const END_MS = 1_000;

/** What the microphone hears, until `stop` aborts. Throws when the recorder ends by itself, with what it said. */
export async function* record(recorder: Recorder, stop: AbortSignal): AsyncGenerator<Uint8Array> {
  if (stop.aborted) return;
  const child = spawn(recorder.path, recorder.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.on('data', (part) => {
    words = (words + String(part)).slice(-1000);
  });
  const failed = new Promise<string>((resolve) => child.once('error', ({ message }) => resolve(message)));
  const ended = Promise.race([once(child, 'close').then(([code]) => `it ended with ${code}`), failed]);
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), END_MS).unref();
  };
  stop.addEventListener('abort', end, { once: true });
  try {
    for await (const bytes of child.stdout) yield bytes as Uint8Array;
    const how = await ended;
    if (!stop.aborted) throw new Error(`${recorder.name} stopped recording: ${words.trim() || how}`);
  } finally {
    stop.removeEventListener('abort', end);
    end();
  }
}

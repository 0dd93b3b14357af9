/** The media step: WAV goes to the runner as it is, anything else is decoded by the ffmpeg program to a file it follows. */
import { open, rm } from 'node:fs/promises';
import { isReadableWav, sniff } from '@vox-speech/audio';
import { decodeToPcm16 } from '@vox-speech/audio/node';
import { type ErrorRecord, toRecord, VoxError } from '@vox-speech/contract';
import type { FileSource } from '../messages/index.js';

/** Enough of a file to tell its container and to read a WAV header with a few chunks before the data. */
const HEAD_BYTES = 64 * 1024;

/** What recognisers hear, in Hz. */
const SPEECH_RATE = 16_000;

/** Decoded beyond the limit, so that the reader sees it passed. */
const SLACK_SECONDS = 10;

export interface MediaSettings {
  readonly maxSeconds: number;
  /** Wall time that ffmpeg may take for one file. */
  readonly timeoutMs: number;
  /** Hz of what ffmpeg writes; default 16 kHz, what recognisers hear. A WAV keeps its own. */
  readonly sampleRate?: number;
  /** Path of the ffmpeg program; throws `ffmpeg_missing`. */
  ffmpeg(): Promise<string>;
}

export interface OpenedMedia {
  readonly source: FileSource;
  /** Settles when the decoder is done with a growing source; absent for a file that is whole. */
  readonly done?: Promise<ErrorRecord | undefined>;
  /** Stops the decoder and removes what it wrote. */
  dispose(): Promise<void>;
}

/** Throws `empty_audio`, `unsupported_media`, `ffmpeg_missing`. */
export async function openMedia(
  path: string,
  settings: MediaSettings,
  signal: AbortSignal,
): Promise<OpenedMedia> {
  const head = await readHead(path);
  const container = sniff(head);
  if (container === 'unknown') {
    // Not handed to ffmpeg: among what it opens are playlists, which name other files of this machine.
    throw new VoxError(
      'unsupported_media',
      'the upload is not audio: send wav, flac, mp3, m4a, ogg, opus, webm, aac or aiff',
      { param: 'file' },
    );
  }
  // A WAV whose codec we don't read (ADPCM, MP3 in WAV) goes to ffmpeg like any other container.
  if ((container === 'wav' || container === 'rf64') && isReadableWav(head)) {
    return {
      source: { path, format: 'wav', growing: false, maxSeconds: settings.maxSeconds },
      dispose: async () => {},
    };
  }
  const ffmpeg = await settings.ffmpeg();
  const output = `${path}.pcm`;
  const { sampleRate = SPEECH_RATE } = settings;
  const stop = new AbortController();
  await (await open(output, 'w')).close();
  const done = decodeToPcm16({
    ffmpeg,
    input: path,
    container,
    output,
    sampleRate,
    maxSeconds: settings.maxSeconds,
    maxBytes: (settings.maxSeconds + SLACK_SECONDS) * sampleRate * 2,
    timeoutMs: settings.timeoutMs,
    signal: AbortSignal.any([signal, stop.signal]),
  }).then(
    () => undefined,
    (error: unknown) => toRecord(error),
  );
  return {
    source: {
      path: output,
      format: 'pcm16',
      sampleRate,
      growing: true,
      maxSeconds: settings.maxSeconds,
    },
    done,
    async dispose() {
      stop.abort();
      await done;
      await rm(output, { force: true });
    },
  };
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    if (bytesRead === 0)
      throw new VoxError('empty_audio', 'No audio data provided: the file is empty', { param: 'file' });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

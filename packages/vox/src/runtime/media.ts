/** The media step: WAV goes to the runner as it is, anything else is decoded by the ffmpeg program to a file it follows. */
import { open, rm } from 'node:fs/promises';
import { isReadableWav, isWav, type RawFormat, sniff } from '@vox-speech/audio';
import { decodeToPcm16 } from '@vox-speech/audio/node';
import { type ErrorRecord, toRecord, VoxError, type Warning } from '@vox-speech/contract';
import type { FileSource } from '../messages/index.js';
import type { Slots } from '../scheduler/slots.js';

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
  /** What the client says of a file without a header; a WAV header stands above it. */
  readonly raw?: RawFormat;
  /** Hz of what ffmpeg writes; default 16 kHz, what recognisers hear. A WAV keeps its own. */
  readonly sampleRate?: number;
  /** Channels of what ffmpeg writes, whatever the file has; default 1. A WAV keeps its own. */
  readonly channels?: number;
  /** Places for decoders: each may take a processor and a gigabyte. */
  readonly places: Pick<Slots, 'take'>;
  /** Path of the ffmpeg program; throws `ffmpeg_missing`. */
  ffmpeg(): Promise<string>;
}

export interface OpenedMedia {
  readonly source: FileSource;
  /** Settles when the decoder is done with a growing source; absent for a file that is whole. */
  readonly done?: Promise<ErrorRecord | undefined>;
  readonly warnings: readonly Warning[];
  /** Stops the decoder and removes what it wrote. */
  dispose(): Promise<void>;
}

/** A file that the runner reads as it is. */
function asItIs(source: Omit<FileSource, 'growing'>, warnings: readonly Warning[] = []): OpenedMedia {
  return { source: { ...source, growing: false }, warnings, dispose: async () => {} };
}

const HEADER_USED: Warning = {
  type: 'other',
  option: 'input_format',
  message: 'the file is a WAV: its header was used',
};

/**
 * @throws VoxError `empty_audio`, `unsupported_media`, `ffmpeg_missing`, `overloaded` when too many wait for a decoder
 */
export async function openMedia(
  path: string,
  settings: MediaSettings,
  signal: AbortSignal,
): Promise<OpenedMedia> {
  const { raw, maxSeconds } = settings;
  const head = await readHead(path);
  if (raw !== undefined && !isWav(head)) {
    const { encoding, sampleRate, channels } = raw;
    return asItIs({ path, format: encoding, sampleRate, channels, maxSeconds });
  }
  const warnings = raw === undefined ? [] : [HEADER_USED];
  const container = sniff(head);
  if (container === 'unknown') {
    // Not handed to ffmpeg: among what it opens are playlists, which name other files of this machine.
    throw new VoxError(
      'unsupported_media',
      'the upload is not audio: send wav, flac, mp3, m4a, ogg, opus, webm, aac, aiff, wma, amr or a film; samples without a header need input_format and sample_rate',
      { param: 'file' },
    );
  }
  // A WAV whose codec we don't read (ADPCM, MP3 in WAV) goes to ffmpeg like any other container.
  if ((container === 'wav' || container === 'rf64') && isReadableWav(head)) {
    return asItIs({ path, format: 'wav', maxSeconds }, warnings);
  }
  const ffmpeg = await settings.ffmpeg();
  const leave = await settings.places.take(signal);
  const output = `${path}.pcm`;
  const { sampleRate = SPEECH_RATE, channels = 1 } = settings;
  const stop = new AbortController();
  const done = decodeToPcm16({
    ffmpeg,
    input: path,
    container,
    output,
    sampleRate,
    channels,
    maxSeconds,
    maxBytes: (maxSeconds + SLACK_SECONDS) * sampleRate * channels * 2,
    timeoutMs: settings.timeoutMs,
    signal: AbortSignal.any([signal, stop.signal]),
  })
    .then(
      () => undefined,
      (error: unknown) => toRecord(error),
    )
    .finally(leave);
  return {
    source: { path: output, format: 'pcm16', sampleRate, channels, growing: true, maxSeconds },
    done,
    warnings,
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

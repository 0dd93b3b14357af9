/** One recording in many encodings, made by the ffmpeg program: what clients send. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FILM = ['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=10', '-shortest', '-c:v', 'mpeg4'];

/**
 * Twelve formats by name: arguments of ffmpeg behind its input, the last one the extension. Bit rates are what these
 * encoders are used with for speech; where a rate of samples allows less, the encoder takes the nearest it has.
 */
export const TWELVE_FORMATS = {
  flac: ['flac'],
  mp3: ['-c:a', 'libmp3lame', '-q:a', '2', 'mp3'],
  'ogg vorbis': ['-c:a', 'libvorbis', '-q:a', '5', 'ogg'],
  opus: ['-c:a', 'libopus', '-b:a', '64k', 'opus'],
  webm: ['-c:a', 'libopus', '-b:a', '64k', 'webm'],
  m4a: ['-c:a', 'aac', '-b:a', '96k', 'm4a'],
  'aac adts': ['-c:a', 'aac', '-b:a', '96k', 'aac'],
  aiff: ['aiff'],
  wma: ['-c:a', 'wmav2', '-b:a', '96k', 'wma'],
  'mp4 film': [...FILM, '-c:a', 'aac', '-b:a', '96k', 'mp4'],
  'mkv film': [...FILM, '-c:a', 'libvorbis', '-q:a', '5', 'mkv'],
  'avi film': [...FILM, '-c:a', 'libmp3lame', '-q:a', '2', 'avi'],
};

/** WAVs that are read without ffmpeg, and two that are not. */
export const WAV_VARIANTS = {
  'wav u8': ['-c:a', 'pcm_u8', 'wav'],
  'wav 24 bit': ['-c:a', 'pcm_s24le', 'wav'],
  'wav float': ['-c:a', 'pcm_f32le', 'wav'],
  'wav mu-law': ['-c:a', 'pcm_mulaw', 'wav'],
  rf64: ['-rf64', 'always', 'wav'],
  'wav adpcm': ['-c:a', 'adpcm_ms', 'wav'],
};

/** Formats beside the twelve: of one rate only, or old. */
export const MORE_FORMATS = {
  'amr narrow band': ['-ar', '8000', '-ac', '1', '-c:a', 'libopencore_amrnb', '-b:a', '12.2k', 'amr'],
  'amr wide band': ['-ar', '16000', '-ac', '1', '-c:a', 'libvo_amrwbenc', '-b:a', '23.85k', 'amr'],
  '3gp': ['-ar', '8000', '-ac', '1', '-c:a', 'libopencore_amrnb', '-b:a', '12.2k', '3gp'],
  alac: ['-c:a', 'alac', 'm4a'],
  caf: ['caf'],
  'ogg flac': ['-c:a', 'flac', 'oga'],
  'mpeg-ts film': [...FILM, '-c:a', 'mp2', 'ts'],
  'flv film': ['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=10', '-shortest', '-c:a', 'aac', 'flv'],
};

/** Rates in Hz and channels: telephone, recogniser, old web, disc, studio. */
export const FIVE_SHAPES = [
  [8000, 1],
  [16_000, 1],
  [22_050, 2],
  [44_100, 2],
  [48_000, 1],
];

/** `wav` (bytes) through ffmpeg's `args`, of which the last is the extension; scratch files go to `folder`. */
export async function encoded(ffmpeg, folder, wav, args, [rate, channels] = []) {
  const source = join(folder, 'source.wav');
  await writeFile(source, wav);
  const target = join(folder, `clip.${args.at(-1)}`);
  const shape = rate === undefined ? [] : ['-ar', String(rate), '-ac', String(channels)];
  // Opus knows no other rates than its own: the shape is what goes in.
  const filter = rate === undefined ? [] : ['-af', `aresample=${rate}`];
  const flags = args.includes('libopus') ? [...filter, ...shape.slice(2)] : shape;
  await promisify(execFile)(ffmpeg, [
    ...['-v', 'error', '-y', '-threads', '1', '-i', source],
    ...[...args.slice(0, -1), ...flags, target],
  ]);
  return readFile(target);
}

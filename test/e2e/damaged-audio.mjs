/**
 * Damaged audio files, the same for the same seed: real ones of every format, cut, flipped, with lying headers, swapped
 * containers, garbage. Sends them to a server whose recogniser is the replay engine: what is on trial is the reading of
 * files, not the hearing.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replayHome, tone } from './replay-home.mjs';
import { startServer } from './server.mjs';

/** ffmpeg's muxer and codec; the first is written by ourselves. */
const SOUND = [
  ['wav', 'pcm_s16le'],
  ['wav', 'pcm_f32le'],
  ['wav', 'pcm_mulaw'],
  ['wav', 'adpcm_ima_wav'],
  ['flac', 'flac'],
  ['mp3', 'libmp3lame'],
  ['adts', 'aac'],
  ['ogg', 'libvorbis'],
  ['ogg', 'libopus'],
  ['webm', 'libopus'],
  ['mp4', 'aac'],
  ['matroska', 'flac'],
  ['aiff', 'pcm_s16be'],
  ['caf', 'alac'],
];
/** No answer may take longer, in ms: the files hold a second of sound. */
const LIMIT_MS = 20_000;
const AT_ONCE = 4;

/** A small generator of numbers in [0, 1): mulberry32, by its published constants. */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One second of sound in every format. */
export function soundFiles(ffmpeg) {
  const folder = mkdtempSync(join(tmpdir(), 'vox-sound-'));
  try {
    const clip = join(folder, 'clip.wav');
    writeFileSync(clip, tone(1));
    return SOUND.map(([container, codec], index) => {
      const path = join(folder, String(index));
      const rate = codec === 'libopus' ? '48000' : '16000';
      const how = ['-c:a', codec, '-ar', rate, '-f', container, path];
      execFileSync(ffmpeg, ['-nostdin', '-v', 'error', '-i', clip, ...how]);
      return readFileSync(path);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ways to damage a file; each gets a generator of numbers and another file. */
const DAMAGES = {
  cut: (file, next) => file.subarray(0, Math.floor(next() * file.length)),
  flipped: (file, next) => {
    const copy = Buffer.from(file);
    for (let n = 1 + Math.floor(next() * 32); n > 0; n--) {
      const at = Math.floor(next() * copy.length);
      copy[at] ^= 1 << Math.floor(next() * 8);
    }
    return copy;
  },
  'lying header': (file, next) => {
    const copy = Buffer.from(file);
    for (let n = 1 + Math.floor(next() * 4); n > 0; n--) {
      const at = Math.floor(next() * Math.min(120, copy.length - 4));
      copy.writeUInt32LE(
        [0, 1, 0x7fffffff, 0xffffffff, Math.floor(next() * 2 ** 32)][Math.floor(next() * 5)],
        at,
      );
    }
    return copy;
  },
  'another body': (file, next, other) => {
    const head = Math.floor(next() * Math.min(400, file.length));
    return Buffer.concat([file.subarray(0, head), other.subarray(Math.min(head, other.length))]);
  },
  'garbage behind': (file, next) =>
    Buffer.concat([
      file,
      Buffer.from(Array.from({ length: Math.floor(next() * 5_000) }, () => next() * 256)),
    ]),
  'garbage inside': (file, next) => {
    const copy = Buffer.from(file);
    const from = Math.floor(next() * copy.length);
    const to = Math.min(copy.length, from + Math.floor(next() * 2_000));
    for (let at = from; at < to; at++) copy[at] = next() * 256;
    return copy;
  },
  'a piece missing': (file, next) => {
    const from = Math.floor(next() * file.length);
    return Buffer.concat([file.subarray(0, from), file.subarray(from + Math.floor(next() * 1_000))]);
  },
};

/** `count` damaged files of a seed, as { what, bytes }. */
export function* damaged(files, count, seed) {
  const next = numbers(seed);
  const kinds = Object.keys(DAMAGES);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(next() * files.length);
    const other = files[Math.floor(next() * files.length)];
    const kind = kinds[Math.floor(next() * kinds.length)];
    yield { what: `${i}: ${SOUND[at].join(' ')}, ${kind}`, bytes: DAMAGES[kind](files[at], next, other) };
  }
}

/** Sends them all. Gives how often each status came, and what must never happen. */
export async function fuzz({ count, seed, ffmpeg }) {
  const { home, remove } = replayHome({ 'replay:stt': { kind: 'stt', text: 'heard' } });
  const server = await startServer({ home, env: { VOX_FFMPEG: ffmpeg, VOX_STT_MODEL: 'replay:stt' } });
  const statuses = {};
  const faults = [];
  try {
    const files = damaged(soundFiles(ffmpeg), count, seed);
    const worker = async () => {
      for (const { what, bytes } of files) {
        const form = new FormData();
        form.append('file', new Blob([bytes]), 'a.wav');
        try {
          const answer = await fetch(`${server.url}/v1/audio/transcriptions`, {
            method: 'POST',
            body: form,
            signal: AbortSignal.timeout(LIMIT_MS),
          });
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
          const body = await answer.json();
          if (answer.status >= 500) faults.push(`${what}: ${answer.status} ${JSON.stringify(body)}`);
          if (answer.status !== 200 && typeof body.error?.message !== 'string')
            faults.push(`${what}: ${answer.status} without a message`);
        } catch (error) {
          faults.push(`${what}: ${error.message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const left = readdirSync(join(home, 'tmp'), { recursive: true, withFileTypes: true }).filter((e) =>
      e.isFile(),
    );
    if (left.length > 0) faults.push(`${left.length} files were left behind, e.g. ${left[0].name}`);
    const health = await fetch(`${server.url}/v1/health`).catch(() => undefined);
    if (health?.status !== 200) faults.push('the server is gone');
  } finally {
    await server.stop();
    remove();
  }
  return { statuses, faults };
}

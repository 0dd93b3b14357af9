/**
 * Speech to measure with: the clips of ../shared/audio (or VOX_BENCH_AUDIO), and long files made of them.
 * PCM16 mono 16 kHz only; the clips that are something else are sent as they are and never joined.
 */

import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The order of one turn of a long file. `cards` is left out: it is noise more than speech. */
export const CLEAN = ['jfk', 'two-cities', 'austen-1', 'beckett', 'austen-2'];
const GAP_SECONDS = 0.7;
const RATE = 16000;

/** The folder of clips, or null where it isn't. */
export function clipFolder() {
  const folder = process.env.VOX_BENCH_AUDIO ?? resolve(root, '../shared/audio');
  return existsSync(join(folder, 'references.json')) ? folder : null;
}

/** The folder of clips; leaves the program with a line that says what is missing. */
export function needClips() {
  const folder = clipFolder();
  if (folder) return folder;
  console.error('No clips: set VOX_BENCH_AUDIO to a folder with references.json, jfk.wav, ...');
  process.exit(2);
}

/** The clips that have a reference text: [{ name, path, lang, text }]. */
export function clips(folder = needClips()) {
  const references = JSON.parse(readFileSync(join(folder, 'references.json'), 'utf8'));
  return Object.entries(references)
    .filter(([name, entry]) => entry?.text && existsSync(join(folder, name)))
    .map(([name, entry]) => ({ name, path: join(folder, name), lang: entry.lang, text: entry.text }));
}

/** Samples of a PCM16 WAV file as raw bytes, with its rate and channels. */
export function readPcm16(path) {
  const file = readFileSync(path);
  let at = 12;
  let format;
  while (at + 8 <= file.length) {
    const size = file.readUInt32LE(at + 4);
    const id = file.toString('latin1', at, at + 4);
    if (id === 'fmt ') format = { channels: file.readUInt16LE(at + 10), rate: file.readUInt32LE(at + 12) };
    if (id === 'data')
      return { ...format, data: file.subarray(at + 8, Math.min(at + 8 + size, file.length)) };
    at += 8 + size + (size % 2);
  }
  throw new Error(`${path}: no data chunk`);
}

/** The 44 bytes before PCM16 mono data. */
export function wavHeader(bytes, rate = RATE) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes, 40);
  return head;
}

/**
 * Writes the clean clips in a cycle, 0.7 s apart, until `seconds` are full. Gives the duration and the
 * text.
 */
export async function writeLongFile(path, seconds, folder = needClips()) {
  const references = JSON.parse(readFileSync(join(folder, 'references.json'), 'utf8'));
  const parts = CLEAN.map((name) => ({
    data: readPcm16(join(folder, `${name}.wav`)).data,
    text: references[`${name}.wav`].text,
  }));
  const gap = Buffer.alloc(Math.round(GAP_SECONDS * RATE) * 2);
  const turns = [];
  let bytes = 0;
  for (let i = 0; bytes < seconds * RATE * 2; i++) {
    turns.push(parts[i % parts.length]);
    bytes += turns.at(-1).data.length + gap.length;
  }
  const out = createWriteStream(path);
  out.write(wavHeader(bytes));
  for (const turn of turns) {
    out.write(turn.data);
    if (!out.write(gap)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return { path, seconds: bytes / (RATE * 2), text: turns.map((turn) => turn.text).join(' ') };
}

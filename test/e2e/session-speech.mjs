/** What is said in the tests of sessions by id, and how it is cut. */
import { createRequire } from 'node:module';
import { floatToInt16 } from '../../packages/audio/dist/index.js';
import { toneSpeech } from './tone-home.mjs';

/** Hz. */
export const RATE = 8_000;
const BYTES_PER_MS = (2 * RATE) / 1000;

/** Of the samples, from one end to the other. */
const NOISE = 400;

export const NO_SHERPA = (() => {
  try {
    createRequire(new URL('../../engines/sherpa/package.json', import.meta.url)).resolve('sherpa-onnx-node');
    return false;
  } catch {
    return 'sherpa-onnx-node is not installed';
  }
})();

/** PCM16 of texts and, between them, ms of silence; both in multiples of 30 ms. */
export function pcmOf(...heard) {
  return Buffer.concat(
    heard.map((piece) => {
      if (typeof piece === 'number') return Buffer.alloc(piece * BYTES_PER_MS);
      const { buffer, byteOffset, byteLength } = floatToInt16(toneSpeech(piece, RATE));
      return Buffer.from(buffer, byteOffset, byteLength);
    }),
  );
}

/** 8 s: four phrases, the last of which only the end ends. */
export const SOUND = pcmOf(900, 'привет мир', 1500, 'да', 2100, 'молоко', 1140, 'ещё', 420);
export const SAID = ['привет мир', 'да', 'молоко', 'ещё'];

/** Random numbers in [0, 1), the same for a seed. */
export function randoms(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Cuts audio of so many Hz into random pieces of a byte to 5 s: short ones are more likely, a quarter are longer than 1 s. */
export function cut(pcm, random, rate = RATE) {
  const longest = 10 * rate;
  const pieces = [];
  for (let at = 0; at < pcm.length; ) {
    const length = Math.max(1, Math.round(longest * random() ** 5));
    pieces.push(pcm.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** Pieces of the same number of bytes. */
export function chunks(pcm, bytes) {
  return Array.from({ length: Math.ceil(pcm.length / bytes) }, (_, at) =>
    pcm.subarray(at * bytes, (at + 1) * bytes),
  );
}

/** The same with the noise of a telephone on it, so that it is no easier to deflate than speech is. */
export function noisy(pcm) {
  const random = randoms(3);
  const out = Buffer.from(pcm);
  for (let at = 0; at + 1 < out.length; at += 2) {
    const sample = out.readInt16LE(at) + Math.round(NOISE * (random() - 0.5));
    out.writeInt16LE(Math.max(-32_768, Math.min(32_767, sample)), at);
  }
  return out;
}

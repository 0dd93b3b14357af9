/**
 * The engine that hears nothing: it says the words of a text, one for each 80 ms of audio, whatever the audio is. Light
 * and always the same, so that what is measured is what stands between it and the client.
 */
import { WavDecoder } from '../../../packages/audio/dist/index.js';
import { Refusal } from './answers.mjs';
import { STEP_MS } from './realtime.mjs';

/** Said over and over where no text is given. */
const ENDLESS =
  'the stand in has heard so much and says one word for every step of it but it hears none of them';
/** Hz and loudness of what it speaks. */
const TONE = { rate: 24_000, hertz: 220, level: 8_000 };
/** ms of tone for one character: about as fast as people talk. */
const MS_PER_CHARACTER = 60;
const PIECE_BYTES = 4_800;

/**
 * @param {object} options
 * @param {string} [options.text] what each utterance and each file "says", whole; absent = as many words as the audio is long
 * @param {boolean} [options.numbered] in realtime the n-th token of generation g is ` g12t7`, so that whoever reads it
 * finds in `stats()` when it was sent: `generations` by `id`, `tokens[n]`
 * @returns {import('./index.mjs').Engine}
 */
export function replayEngine({ text, numbered = false } = {}) {
  const words = (text ?? ENDLESS).split(/\s+/).filter((word) => word !== '');
  const endless = numbered || text === undefined;
  /** The n-th word as a token; empty behind the end of a given text. */
  const word = (n) => (endless || n < words.length ? ` ${words[n % words.length]}` : '');
  return {
    hear(generation) {
      let bytes = 0;
      let said = 0;
      const token = (n) => (numbered ? ` g${generation}t${n}` : word(n));
      return {
        push: (pcm) => {
          bytes += pcm.length;
        },
        next: () => token(said++),
        async finish() {
          const all = endless ? Math.floor(bytes / 32 / STEP_MS) : words.length;
          const rest = [];
          while (said < all) rest.push(token(said++));
          return rest;
        },
        text: () => Array.from({ length: said }, (_, n) => token(n)).join(''),
        close() {},
      };
    },
    async transcribe({ file }) {
      const seconds = await secondsOfWav(file);
      const count = endless ? Math.floor((seconds * 1000) / STEP_MS) : words.length;
      return { seconds, segments: chunks(count, seconds, word) };
    },
    speak: async ({ input }) => ({ rate: TONE.rate, pcm: tone(input.length * MS_PER_CHARACTER) }),
  };
}

/** The words spread evenly over the audio, one segment for each 30 s of it. */
function chunks(count, seconds, word) {
  const parts = Math.max(1, Math.ceil(seconds / 30));
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.round((count * part) / parts);
    const to = Math.round((count * (part + 1)) / parts);
    const text = Array.from({ length: to - from }, (_, n) => word(from + n)).join('');
    return { start: part * 30, end: Math.min(seconds, part * 30 + 30), text };
  });
}

/** Throws a Refusal where vLLM could not read the file either, and where only this stand-in can't: it knows WAV. */
async function secondsOfWav(file) {
  const wav = new WavDecoder();
  try {
    wav.push(new Uint8Array(await file.arrayBuffer()));
    wav.end();
  } catch (error) {
    throw new Refusal(400, `Invalid or unsupported audio file: ${error.message}`);
  }
  return wav.samples / wav.header.format.sampleRate;
}

async function* tone(ms) {
  const samples = Math.round((ms * TONE.rate) / 1000);
  for (let from = 0; from < samples; from += PIECE_BYTES / 2) {
    const piece = Buffer.alloc(2 * Math.min(PIECE_BYTES / 2, samples - from));
    for (let i = 0; i < piece.length / 2; i++) {
      const phase = (2 * Math.PI * TONE.hertz * (from + i)) / TONE.rate;
      piece.writeInt16LE(Math.round(TONE.level * Math.sin(phase)), 2 * i);
    }
    yield piece;
  }
}

/**
 * The engine behind which our own Whisper hears: it is a client of a running `vox serve`, over its public wires. Its words
 * are real; its speed is this machine's, and its tokens are words.
 */
import { WebSocket } from 'ws';
import { floatToInt16, WavDecoder } from '../../../packages/audio/dist/index.js';
import { wordsOf } from '../../../tools/words.mjs';
import { Refusal } from './answers.mjs';

/** Hz, what the realtime wire carries. */
const RATE = 16_000;
/** ms between two looks at an utterance. */
const STRIDE_MS = 400;

/**
 * @param {object} options
 * @param {string} options.url of the `vox serve`, without a path
 * @param {string} [options.voxModel] its recogniser; absent = its default
 * @param {string} [options.voxVoice] its voice, as a model: `piper:en-us-joe-medium`; absent = its default
 * @returns {import('./index.mjs').Engine}
 */
export function voxEngine({ url, voxModel, voxVoice }) {
  const recogniser = voxModel === undefined ? {} : { model: voxModel };
  return {
    hear: () => hearing(url, recogniser),
    transcribe: (ask, signal) => transcribe(url, recogniser, ask, signal),
    speak: (ask, signal) => speak(url, voxVoice === undefined ? {} : { model: voxVoice }, ask, signal),
  };
}

/**
 * One utterance of vLLM's, which may be many of Vox's: their texts follow each other. A partial of Vox's has only words
 * that stay; a final may still correct them, which nobody can take back here, so only what it has behind them is said.
 */
function hearing(url, recogniser) {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/audio/stream`);
  let backlog = [];
  let broken;
  /** Words of Vox's open utterance, told already. */
  let told = [];
  const pending = [];
  const said = [];
  const send = (data) => (backlog ? backlog.push(data) : ws.send(data));
  const closed = new Promise((resolve) => ws.on('close', resolve));
  ws.on('open', () => {
    const config = {
      type: 'config',
      ...recogniser,
      sample_rate: RATE,
      partials: true,
      partial_stride_ms: STRIDE_MS,
    };
    ws.send(JSON.stringify(config));
  });
  ws.on('error', (error) => {
    broken ??= new Error(`the Vox behind the stand-in: ${error.message}`);
  });
  ws.on('message', (data) => {
    const message = JSON.parse(data.toString('utf8'));
    if (message.type === 'ready') {
      const waiting = backlog ?? [];
      backlog = undefined;
      for (const one of waiting) ws.send(one);
    } else if (message.type === 'transcript') {
      const words = message.text.split(/\s+/).filter((word) => word !== '');
      const fresh = message.is_partial ? words : words.slice(toldOf(told, words));
      pending.push(...fresh.map((word) => ` ${word}`));
      told = message.is_partial ? [...told, ...fresh] : [];
    } else if (message.type === 'error') {
      broken ??= new Error(`the Vox behind the stand-in: ${message.message}`);
      ws.terminate();
    }
  });
  const take = (tokens) => {
    said.push(...tokens);
    return tokens;
  };
  return {
    push: send,
    next() {
      if (broken) throw broken;
      return take(pending.splice(0, 1))[0] ?? '';
    },
    async finish() {
      send(JSON.stringify({ type: 'end' }));
      await closed;
      if (broken) throw broken;
      return take(pending.splice(0));
    },
    text: () => said.join(''),
    close: () => ws.terminate(),
  };
}

/**
 * How many of the final's words the told ones stand for: the place up to which the two differ least.
 * @param {string[]} told @param {string[]} final
 */
export function toldOf(told, final) {
  const plain = (word) => wordsOf(word).join(' ');
  let row = Array.from({ length: final.length + 1 }, (_, j) => j);
  for (const word of told) {
    const next = [row[0] + 1];
    for (let j = 1; j <= final.length; j++) {
      const same = plain(word) === plain(final[j - 1]) ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
    }
    row = next;
  }
  const least = Math.min(...row);
  const places = row.flatMap((cost, j) => (cost === least ? [j] : []));
  const nearest = (a, b) => Math.abs(a - told.length) - Math.abs(b - told.length);
  return places.sort(nearest)[0];
}

async function transcribe(url, recogniser, { file, language, prompt, task }, signal) {
  const form = new FormData();
  form.append('file', file, file.name);
  const fields = { ...recogniser, response_format: 'verbose_json', language, prompt };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, value);
  const response = await fetch(`${url}/v1/audio/${task}s`, { method: 'POST', body: form, signal });
  const body = await (await checked(response)).json();
  return {
    seconds: body.duration,
    segments: body.segments.map(({ start, end, text }) => ({ start, end, text: ` ${text.trim()}` })),
  };
}

async function speak(url, voice, { input, speed }, signal) {
  const response = await fetch(`${url}/v1/audio/speech`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...voice, input, speed, response_format: 'wav' }),
    signal,
  });
  const body = (await checked(response)).body;
  const wav = new WavDecoder();
  const pieces = body[Symbol.asyncIterator]();
  const first = [];
  while (wav.header === undefined) {
    const { value, done } = await pieces.next();
    if (done) throw new Refusal(500, 'the Vox behind the stand-in sent no WAV', 'InternalServerError');
    first.push(wav.push(value));
  }
  async function* pcm() {
    for (const samples of first) yield bytesOf(samples);
    for await (const piece of pieces) yield bytesOf(wav.push(piece));
  }
  return { rate: wav.header.format.sampleRate, pcm: pcm() };
}

const bytesOf = (samples) => Buffer.from(floatToInt16(samples));

/** Throws a Refusal with what Vox said. */
async function checked(response) {
  if (response.ok) return response;
  throw new Refusal(response.status, `the Vox behind the stand-in: ${await response.text()}`);
}

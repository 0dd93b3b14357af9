/** vLLM-Omni's `/v1/audio/speech`: a WAV or raw samples, whole, as they are made, or in server-sent events. */
import { wavHeader } from '../../../packages/audio/dist/index.js';
import { bodyOf, eventStream, Refusal } from './answers.mjs';

const MAX_BYTES = 1024 * 1024;

/**
 * @param {import('./index.mjs').House} house
 * @param {AbortSignal} signal aborts when the client leaves
 * @param {import('./ledger.mjs').Request} counted
 */
export async function serveSpeech(request, response, house, signal, counted) {
  const body = jsonOf(await bodyOf(request, MAX_BYTES));
  counted.fields = body;
  const ask = requestOf(body, house);
  await house.mayAnswer(signal);
  const { rate, pcm } = await house.engine.speak(ask, signal);
  if (ask.sse) return streamEvents(ask, rate, pcm, response, house, signal);
  const type = ask.format === 'wav' ? 'audio/wav' : 'audio/pcm';
  if (ask.raw) {
    response.writeHead(200, { 'content-type': type });
    if (ask.format === 'wav') response.write(headerOf(rate));
    for await (const piece of pcm) {
      if (house.switches.tokenMs > 0) await house.pause(house.switches.tokenMs, signal);
      await house.mayAnswer(signal);
      response.write(piece);
    }
    return response.end();
  }
  const pieces = [];
  for await (const piece of pcm) pieces.push(piece);
  const samples = Buffer.concat(pieces);
  const audio = ask.format === 'wav' ? Buffer.concat([headerOf(rate, samples.length / 2), samples]) : samples;
  const usage = usageOf(ask, samples.length / 2 / rate);
  response.writeHead(200, {
    'content-type': type,
    'content-length': audio.length,
    'x-vllm-omni-input-tokens': String(usage.input_tokens),
    'x-vllm-omni-output-tokens': String(usage.output_tokens),
    'x-vllm-omni-total-tokens': String(usage.total_tokens),
  });
  response.end(audio);
}

function jsonOf(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'JSON decode error', 'Bad Request');
  }
}

/** Throws a Refusal. What is not mentioned here is taken and ignored. */
function requestOf(ask, house) {
  if (typeof ask?.input !== 'string') throw new Refusal(400, 'input: Field required', 'Bad Request', 'input');
  if (ask.input.trim() === '') throw new Refusal(400, 'Input text cannot be empty');
  if (typeof ask.model === 'string' && !house.serves(ask.model))
    throw new Refusal(404, `The model \`${ask.model}\` does not exist.`, 'NotFoundError', 'model');
  const format = ask.response_format ?? 'wav';
  if (!['wav', 'pcm'].includes(format))
    throw new Refusal(
      400,
      `this stand-in makes only wav and pcm, not '${format}'`,
      'Bad Request',
      'response_format',
    );
  const voice = ask.voice ?? ask.speaker;
  return {
    input: ask.input,
    voice: typeof voice === 'object' && voice !== null ? voice.id : voice,
    speed: ask.speed ?? 1,
    language: ask.language,
    format,
    raw: ask.stream_format === 'audio',
    sse: (ask.stream === true || ask.stream_format === 'sse') && ask.stream_format !== 'audio',
  };
}

async function streamEvents(ask, rate, pcm, response, house, signal) {
  const stream = eventStream(response);
  const send = (event) => stream.send(event, event.type);
  const delta = (bytes) =>
    send({ type: 'speech.audio.delta', audio: bytes.toString('base64'), response_format: ask.format });
  let samples = 0;
  try {
    if (ask.format === 'wav') delta(headerOf(rate));
    for await (const piece of pcm) {
      if (house.switches.tokenMs > 0) await house.pause(house.switches.tokenMs, signal);
      await house.mayAnswer(signal);
      samples += piece.length / 2;
      delta(piece);
    }
    send({ type: 'speech.audio.done', usage: usageOf(ask, samples / rate) });
  } catch (error) {
    if (signal.aborted) throw error;
    send({ type: 'speech.audio.error', error: { message: error.message, type: 'server_error', code: 500 } });
  }
  stream.end();
}

function usageOf({ input }, seconds) {
  const text = input.split(/\s+/).length;
  const output = Math.round(seconds * 12.5);
  return {
    input_tokens: text,
    output_tokens: output,
    total_tokens: text + output,
    input_token_details: { text_tokens: text, audio_tokens: 0 },
  };
}

/** Without frames: of a WAV whose end is not known yet. */
const headerOf = (rate, frames) =>
  Buffer.from(wavHeader({ sampleRate: rate, channels: 1, encoding: 's16', frames }));

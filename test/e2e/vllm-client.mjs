/** A raw client of vLLM's `/v1/realtime`, as the tests of the stand-in need it. */
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { openStream } from './stream-client.mjs';
import { pcmAsWav } from './wav.mjs';

export const MODEL = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
/** 80 ms at 16 kHz: one token. */
export const STEP = Buffer.alloc(2_560).toString('base64');
export const SECOND = pcmAsWav(Buffer.alloc(32_000), 16_000);
export const TEXT = 'one two three four five six seven eight';

export const append = (audio) => ({ type: 'input_audio_buffer.append', audio });
export const START = { type: 'input_audio_buffer.commit' };
export const FINAL = { type: 'input_audio_buffer.commit', final: true };
export const of = (stream, type) => stream.told.filter((message) => message.type === type);
export const deltas = (stream) => of(stream, 'transcription.delta').map(({ delta }) => delta);

/** A connection that may start: its session is there and its model is named. */
export async function session(vllm) {
  const stream = await openStream(vllm.url, '/v1/realtime');
  await stream.get('session.created');
  stream.send({ type: 'session.update', model: MODEL });
  return stream;
}

export function say(stream, steps, ...then) {
  for (let step = 0; step < steps; step++) stream.send(append(STEP));
  for (const message of then) stream.send(message);
}

/** Runs with a stand-in of its own. */
export const withStandIn = (options, body) => async () => {
  const vllm = await startVllmStandIn(options);
  try {
    await body(vllm);
  } finally {
    await vllm.close();
  }
};

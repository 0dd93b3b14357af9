/**
 * What a user of the openai client for JavaScript does with realtime transcription, over wss as that client alone does; the
 * certificate is trusted by NODE_EXTRA_CA_CERTS. Prints the events as JSON.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';

const { VOX_TEST_URL, VOX_TEST_KEY, VOX_TEST_STT, VOX_TEST_CLIP } = process.env;
/** 100 ms of PCM16 at 24 kHz. */
const PIECE = 4_800;

const client = new OpenAI({ baseURL: `${VOX_TEST_URL}/v1`, apiKey: VOX_TEST_KEY, maxRetries: 0 });
const socket = new OpenAIRealtimeWS({ model: 'gpt-4o-transcribe' }, client);
const events = [];
const audio = Buffer.concat([readFileSync(VOX_TEST_CLIP), Buffer.alloc(25 * PIECE)]);

socket.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
  socket.close();
});
socket.on('event', (event) => events.push(event));
socket.on('session.created', () =>
  socket.send({
    type: 'session.update',
    session: {
      type: 'transcription',
      include: ['item.input_audio_transcription.logprobs'],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: VOX_TEST_STT },
          // A busy machine that sends late is no pause.
          turn_detection: { type: 'server_vad', silence_duration_ms: 1_500 },
        },
      },
    },
  }),
);
socket.on('session.updated', async () => {
  for (let at = 0; at < audio.length; at += PIECE) {
    const piece = audio.subarray(at, at + PIECE).toString('base64');
    socket.send({ type: 'input_audio_buffer.append', audio: piece });
    await sleep(100);
  }
});
socket.on('conversation.item.input_audio_transcription.completed', () => socket.close());
socket.socket.on('close', () => console.log(JSON.stringify(events)));

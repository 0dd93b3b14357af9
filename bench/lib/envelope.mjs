/** One utterance over Yap's envelope protocol, or over vLLM's own, paced by the wall clock; when what was sent and came. */
import { WebSocket } from 'ws';

/** One step of Voxtral Realtime: 80 ms of PCM16 at 16 kHz. */
export const STEP_BYTES = 2_560;
const BYTES_PER_MS = 32;

const wires = {
  yap: {
    path: '/api/asr-streaming',
    begin: (send) => send({ type: 'input_audio_buffer.commit', payload: { final: false } }),
    append: (audio) => ({ type: 'input_audio_buffer.append', payload: { audio } }),
    end: { type: 'input_audio_buffer.commit', payload: { final: true } },
    token: ({ type, payload }) => (type === 'token' ? payload.text : undefined),
    text: ({ type, payload }) => (type === 'final' ? payload.normalized_text : undefined),
    fault: ({ type, payload }) => (type === 'error' ? payload.message : undefined),
    over: ({ type }) => type === 'done',
  },
  vllm: {
    path: '/v1/realtime',
    begin(send, model) {
      send({ type: 'session.update', model });
      send({ type: 'input_audio_buffer.commit' });
    },
    append: (audio) => ({ type: 'input_audio_buffer.append', audio }),
    end: { type: 'input_audio_buffer.commit', final: true },
    token: ({ type, delta }) => (type === 'transcription.delta' ? delta : undefined),
    text: ({ type, text }) => (type === 'transcription.done' ? text : undefined),
    fault: ({ type, error }) => (type === 'error' ? error : undefined),
    over: ({ type }) => type === 'transcription.done',
  },
};

const now = () => performance.timeOrigin + performance.now();

/**
 * Sends the audio and waits for the last word: { text, sent: [ms of each step], tokens: [{ text, at }], finalMs }. Times are
 * ms since 1970. Throws what the server says is wrong.
 * @param {'yap'|'vllm'} wire
 * @param {string} url http URL of the server
 * @param {Buffer} pcm PCM16 at 16 kHz
 */
export async function utter(wire, url, pcm, { model = '', after = 0 } = {}) {
  const { path, begin, append, end, token, text, fault, over } = wires[wire];
  const ws = new WebSocket(url.replace(/^http/, 'ws') + path);
  const tokens = [];
  let whole = '';
  const last = new Promise((resolve, reject) => {
    ws.on('message', (data) => {
      const at = now();
      const message = JSON.parse(data);
      const said = token(message);
      if (said !== undefined) tokens.push({ text: said, at });
      whole = text(message) ?? whole;
      if (fault(message) !== undefined) reject(new Error(fault(message)));
      if (over(message)) resolve();
    });
    ws.on('error', reject);
    ws.on('close', () => reject(new Error('closed')));
  });
  last.catch(() => {});
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  const send = (message) => ws.send(JSON.stringify({ session_id: 's', request_id: 'r', ...message }));
  await new Promise((resolve) => setTimeout(resolve, after));
  begin(send, model);
  const sent = [];
  const begun = performance.now();
  for (let at = 0; at < pcm.length && ws.readyState === WebSocket.OPEN; at += STEP_BYTES) {
    sent.push(now());
    send(append(pcm.subarray(at, at + STEP_BYTES).toString('base64')));
    const wait = begun + (at + STEP_BYTES) / BYTES_PER_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  const committed = now();
  send(end);
  await last;
  ws.terminate();
  return { text: whole, sent, tokens, finalMs: now() - committed };
}

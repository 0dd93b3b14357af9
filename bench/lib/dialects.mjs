/**
 * A client for each dialect of live transcription, all with the same face. They share no code with the server.
 *
 * `open(at, asked)` resolves when the server listens: { send(bytes), end(), said, done, close() }. `at` has the address of HTTP
 * (`base`), the ports `wyoming`, and `grpc`, a client. `asked` has the `model`, the `silenceMs` that shall end an utterance, and
 * `manual` where only the client ends one. `said` grows: { finals, deltas }; a final is { text, at }, `at` in ms of
 * `performance.now()`, with stt-ws's `endMs` of the speech; deltas are [key, text], one key for all that belongs to one text.
 * `done` resolves with it when all is said.
 */
import { WebSocket } from 'ws';
import { wyoming } from './wyoming.mjs';

/** Hz of all audio: 16-bit mono. */
export const RATE = 16_000;
const FORMAT = { rate: RATE, width: 2, channels: 1 };
const LANGUAGE = 'en';
/** Shortest time between partials where it can be asked for, in ms. */
const PARTIAL_MS = 500;

const now = () => performance.now();
const json = JSON.stringify;

/** A WebSocket whose messages go to `hear(event, finish, opened)`; what it throws, and a close too soon, fail both promises. */
function socket(at, path, said, hear) {
  const ws = new WebSocket(`${at.base.replace('http', 'ws')}${path}`);
  let opened;
  let finish;
  const failures = [];
  const promise = (settle) =>
    new Promise((resolve, reject) => {
      settle(resolve);
      failures.push(reject);
    });
  const ready = promise((resolve) => {
    opened = resolve;
  });
  const done = promise((resolve) => {
    finish = () => resolve(said);
  });
  // What fails too late for one of them is no news.
  ready.catch(() => {});
  done.catch(() => {});
  const fail = (error) => {
    for (const reject of failures) reject(error);
  };
  ws.on('error', fail);
  ws.on('close', (code, reason) => fail(new Error(`${path}: closed with ${code} ${reason}`)));
  ws.on('message', (data) => {
    const event = JSON.parse(String(data));
    if (event.type === 'error' || event.event === 'error') fail(new Error(`${path}: ${data}`));
    else hear(event, finish, opened);
  });
  return { ws, said, ready, done, close: () => ws.close() };
}

const nothing = () => ({ finals: [], deltas: [] });
const opened = ({ ws }) => new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));

async function sttWs(at, { model, manual }) {
  const said = nothing();
  const query = new URLSearchParams({
    call_id: 'bench',
    sample_rate: RATE,
    language: LANGUAGE,
    partial_ms: PARTIAL_MS,
    vad: manual ? 'manual' : 'silero',
    model,
  });
  const line = socket(at, `/v1/stt/ws?${query}`, said, (event, finish, ready) => {
    if (event.type === 'ready') ready();
    if (event.type !== 'final') return;
    said.finals.push({ text: event.text, at: now(), endMs: event.end_ms });
    if (event.reason === 'commit') finish();
  });
  await line.ready;
  return { ...line, send: (bytes) => line.ws.send(bytes), end: () => line.ws.send(json({ type: 'commit' })) };
}

/** What the microphone's stream is told first, over a WebSocket and over gRPC. */
const microphone = (model) => ({
  model,
  language: LANGUAGE,
  sample_rate: RATE,
  partials: true,
  partial_stride_ms: PARTIAL_MS,
});

async function voxStream(at, { model }) {
  const said = nothing();
  const line = socket(at, '/v1/audio/stream', said, (event, _, ready) => {
    if (event.type === 'ready') ready();
    if (event.type === 'transcript' && !event.is_partial) said.finals.push({ text: event.text, at: now() });
  });
  const done = new Promise((resolve) => line.ws.once('close', () => resolve(said)));
  await opened(line);
  line.ws.send(json({ type: 'config', ...microphone(model) }));
  await line.ready;
  const end = () => line.ws.send(json({ type: 'end' }));
  return { ...line, done, send: (bytes) => line.ws.send(bytes), end };
}

/** Its model is the server's; only the client ends an utterance. */
async function yap(at) {
  const said = nothing();
  const line = socket(at, '/api/asr-streaming', said, ({ type, payload }, finish, ready) => {
    if (type === 'session.updated') ready();
    if (type === 'token') said.deltas.push(['', payload.text]);
    if (type === 'final') said.finals.push({ text: payload.normalized_text, at: now(), key: '' });
    if (type === 'done') finish();
  });
  const say = (type, payload) =>
    line.ws.send(json({ type, session_id: 'bench', request_id: 'one', payload }));
  await opened(line);
  say('session.update', { language: LANGUAGE });
  await line.ready;
  say('input_audio_buffer.commit', { final: false });
  const end = () => say('input_audio_buffer.commit', { final: true });
  return { ...line, send: (bytes) => line.ws.send(bytes), end };
}

async function tOne(at, { model }) {
  const said = nothing();
  const query = new URLSearchParams({ sample_rate: RATE, language: LANGUAGE, partials: true, model });
  const line = socket(at, `/api/ws?${query}`, said, (event, _, ready) => {
    if (event.event === 'ready') ready();
    if (event.event === 'transcript') said.finals.push({ text: event.phrase.text, at: now() });
  });
  const done = new Promise((resolve) => line.ws.once('close', () => resolve(said)));
  await line.ready;
  return { ...line, done, send: (bytes) => line.ws.send(bytes), end: () => line.ws.send(Buffer.alloc(0)) };
}

async function realtime(at, { model, silenceMs, manual }) {
  const said = nothing();
  const INPUT = 'conversation.item.input_audio_transcription';
  const session = {
    type: 'transcription',
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: RATE },
        transcription: { model, language: LANGUAGE },
        turn_detection: manual ? null : { type: 'server_vad', silence_duration_ms: silenceMs },
      },
    },
  };
  const open = new Set();
  let ended = false;
  const line = socket(at, '/v1/realtime?intent=transcription', said, (event, finish, ready) => {
    const { type, item_id: item } = event;
    if (type === 'session.created') line.ws.send(json({ type: 'session.update', session }));
    if (type === 'session.updated') ready();
    if (type === 'input_audio_buffer.committed') open.add(item);
    if (type === `${INPUT}.delta`) said.deltas.push([item, event.delta]);
    if (type === `${INPUT}.completed`) {
      said.finals.push({ text: event.transcript, at: now(), key: item });
      open.delete(item);
      // Every commit is answered by an item, so an `end` by one too.
      if (ended && open.size === 0) finish();
    }
  });
  await line.ready;
  return {
    ...line,
    send: (bytes) =>
      line.ws.send(json({ type: 'input_audio_buffer.append', audio: bytes.toString('base64') })),
    end() {
      ended = true;
      line.ws.send(json({ type: 'input_audio_buffer.commit' }));
    },
  };
}

async function deepgram(at, { model, silenceMs }) {
  const said = nothing();
  const query = new URLSearchParams({
    model,
    language: LANGUAGE,
    encoding: 'linear16',
    sample_rate: RATE,
    interim_results: true,
    smart_format: true,
    endpointing: silenceMs,
  });
  const line = socket(at, `/v1/listen?${query}`, said, (event, finish) => {
    if (event.type === 'Results' && event.is_final)
      said.finals.push({ text: event.channel.alternatives[0].transcript, at: now() });
    if (event.type === 'Metadata') finish();
  });
  await opened(line);
  return {
    ...line,
    send: (bytes) => line.ws.send(bytes),
    end: () => line.ws.send(json({ type: 'CloseStream' })),
  };
}

/** Everything up to `audio-stop` is one transcript. */
async function wyomingStt(at, { model }) {
  const said = nothing();
  const client = await wyoming(at.wyoming);
  client.send('transcribe', { name: model, language: LANGUAGE });
  client.send('audio-start', FORMAT);
  const hear = async () => {
    for (;;) {
      const event = await client.next();
      if (event.type === 'transcript-chunk') said.deltas.push(['', event.data.text]);
      if (event.type === 'transcript') said.finals.push({ text: event.data.text, at: event.at, key: '' });
      if (event.type === 'transcript-stop') return said;
    }
  };
  const done = hear();
  done.catch(() => {});
  return {
    said,
    done,
    send: (bytes) => client.send('audio-chunk', FORMAT, bytes),
    end: () => client.send('audio-stop'),
    close: client.close,
  };
}

async function grpc(at, { model }) {
  const said = nothing();
  const call = at.grpc.duplex('StreamingService', 'StreamTranscribe');
  let ready;
  const opening = new Promise((resolve, reject) => {
    ready = resolve;
    call.once('error', reject);
  });
  const done = new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('end', () => resolve(said));
  });
  done.catch(() => {});
  call.on('data', (message) => {
    if (message.ready) ready();
    if (message.error) call.destroy(new Error(message.error.message));
    const { transcript } = message;
    if (transcript && !transcript.is_partial) said.finals.push({ text: transcript.text, at: now() });
  });
  call.write({ config: microphone(model) });
  await opening;
  return {
    said,
    done,
    send: (pcm16) => call.write({ audio: { pcm16 } }),
    end() {
      call.write({ end_of_stream: {} });
      call.end();
    },
    close: () => call.cancel(),
  };
}

/** Ms of silence after which the microphone's streams end an utterance, whatever is asked: all others are asked for the same. */
const SILENCE_MS = 1_000;
/** T-one's, whatever is asked. */
const TONE_SILENCE_MS = 600;
const SILENT = { like: 'stt-ws', silenceMs: SILENCE_MS };
/** Where the client says when an utterance is over. */
const BY_HAND = { like: 'stt-ws, manual' };

/**
 * By name. `like` is the form of stt-ws that must be as fast; `silenceMs` is what ends an utterance, absent where the client does.
 * stt-ws is told no silence by its client: it has the server's.
 */
export const DIALECTS = {
  'stt-ws': { ...SILENT, open: sttWs },
  'Vox stream': { ...SILENT, open: voxStream },
  gRPC: { ...SILENT, open: grpc },
  Realtime: { ...SILENT, open: realtime },
  Deepgram: { ...SILENT, open: deepgram },
  'stt-ws, 600 ms': { like: 'stt-ws, 600 ms', silenceMs: TONE_SILENCE_MS, open: sttWs },
  'T-one': { like: 'stt-ws, 600 ms', silenceMs: TONE_SILENCE_MS, open: tOne },
  'stt-ws, manual': { ...BY_HAND, open: sttWs, manual: true },
  Yap: { ...BY_HAND, open: yap, manual: true },
  'Realtime, manual': { ...BY_HAND, open: realtime, manual: true },
  Wyoming: { ...BY_HAND, open: wyomingStt },
};

/**
 * A stand-in for vLLM: its REST and realtime wire on 127.0.0.1, and nothing of what makes vLLM what it is. README.md says
 * what it proves and what it doesn't.
 *
 *     const vllm = await startVllmStandIn({ model: 'mistralai/Voxtral-Mini-4B-Realtime-2602' });
 *     vllm.url; vllm.stats(); await vllm.set({ stall: true }); vllm.dropNow(); await vllm.close();
 */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { Refusal } from './answers.mjs';
import { createLedger } from './ledger.mjs';
import { STEP_MS, serveRealtime } from './realtime.mjs';
import { replayEngine } from './replay.mjs';
import { isAuthorized, serveHttp } from './routes.mjs';
import { voxEngine } from './vox.mjs';

/** What uvicorn takes in one message; more closes with 1009. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** The model card's delay. */
const DELAY_MS = 480;
const MODEL = 'mistralai/Voxtral-Mini-4B-Realtime-2602';

/**
 * @typedef {object} Switches what goes wrong; all may be changed while it runs. Absent, null or 0 = nothing
 * @property {boolean} [stall] accepts everything and says nothing, except `/health` and `/v1/models`; what was to be said
 * comes when it is switched off
 * @property {number} [flushMs] between the final commit and the last deltas and `done`
 * @property {number} [contextSeconds] more audio in one generation ends it with `processing_error`
 * @property {number} [dropAfterTokens] the connection dies (TCP) after so many deltas of a generation
 * @property {number | string} [failWith] every request fails: with this HTTP status, or with 500 and this message; in
 * realtime every generation, also those alive, ends with `processing_error`
 * @property {boolean} [unhealthy] `/health` answers 503
 * @property {boolean} [refuse] no new connection is accepted; open ones stay (see `dropNow`)
 * @property {number} [tokenMs] between two tokens of a streamed transcription and two pieces of streamed speech
 */

/**
 * @typedef {object} Hearing one utterance in an engine
 * @property {(pcm: Buffer) => void} push PCM16 mono at 16 kHz
 * @property {() => string} next what one more step of 80 ms says; mostly one word, often nothing. Throws what broke
 * @property {() => Promise<string[]>} finish no more audio: all that is still to say
 * @property {() => string} text all that was said
 * @property {() => void} close
 */

/**
 * @typedef {object} Engine
 * @property {(generation: number) => Hearing} hear
 * @property {(ask: {file: File, language?: string, prompt?: string, task: string}, signal: AbortSignal) =>
 *   Promise<{seconds: number, segments: {start: number, end: number, text: string}[]}>} transcribe
 * @property {(ask: {input: string, speed: number}, signal: AbortSignal) =>
 *   Promise<{rate: number, pcm: AsyncIterable<Buffer>}>} speak PCM16 mono
 */

/**
 * @typedef {object} House what all parts of one stand-in share
 * @property {string} model @property {string[]} names @property {string | undefined} apiKey
 * @property {number} delayMs @property {Engine} engine @property {(name: string) => boolean} serves
 * @property {() => {status: number, message: string}} failure what `failWith` makes of every request
 * @property {(signal: AbortSignal) => Promise<void>} mayAnswer @property {(ms: number, signal: AbortSignal) => Promise<void>} pause
 * @property {Switches} switches @property {ReturnType<createLedger>} ledger
 * @property {Set<{flush: () => void, drop: () => void, interrupt: () => void}>} realtime
 */

/**
 * @param {Switches & {
 *   port?: number, model?: string | string[], apiKey?: string, delayMs?: number, slowStartMs?: number,
 *   engine?: 'replay' | 'vox', text?: string, numbered?: boolean, voxUrl?: string, voxModel?: string, voxVoice?: string,
 * }} [options] `port` 0 = any; `model`: what it serves, the first is its name; `delayMs` a multiple of 80;
 * `slowStartMs`: the port refuses for so long, as while weights load; `text` and `numbered` for `replay`; `vox*` for `vox`
 */
export async function startVllmStandIn(options = {}) {
  const { port: wanted = 0, model = MODEL, apiKey, delayMs = DELAY_MS, slowStartMs = 0, ...others } = options;
  const { engine = 'replay', text, numbered, voxUrl, voxModel, voxVoice, ...rest } = others;
  if (engine === 'vox' && !voxUrl)
    throw new Error('engine `vox` needs voxUrl, the address of a running vox serve');
  if (delayMs % STEP_MS !== 0) throw new Error(`delayMs must be a multiple of ${STEP_MS}, not ${delayMs}`);
  const switches = switchesOf(rest);
  const changes = new EventEmitter().setMaxListeners(0);
  const names = [model].flat();
  /** @type {House} */
  const house = {
    model: names[0],
    names,
    apiKey,
    delayMs,
    switches,
    ledger: createLedger(),
    engine:
      engine === 'vox' ? voxEngine({ url: voxUrl, voxModel, voxVoice }) : replayEngine({ text, numbered }),
    realtime: new Set(),
    /** vLLM takes the name it serves, or none. */
    serves: (name) => name === '' || names.includes(name),
    failure: () => failureOf(switches.failWith),
    /** Waits while stalled. Throws when the client leaves, and a Refusal when everything fails. */
    async mayAnswer(signal) {
      while (switches.stall) await once(changes, 'change', { signal });
      if (switches.failWith === undefined) return;
      const { status, message } = house.failure();
      throw new Refusal(status, message, 'InternalServerError');
    },
    pause: (ms, signal) => after(ms, undefined, { signal }),
    control: { stats: () => house.ledger.stats(), set, dropNow },
  };

  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const sockets = new Set();
  let port = wanted;
  let server;
  let closed = false;

  async function open() {
    if (closed || server) return;
    server = createServer((request, response) => void serveHttp(request, response, house));
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {});
      const path = new URL(request.url, 'http://stand-in').pathname;
      if (!isAuthorized(request, path, house)) return refuseUpgrade(socket, 401, 'Unauthorized');
      // Uvicorn's answer where no route takes a WebSocket.
      if (path !== '/v1/realtime') return refuseUpgrade(socket, 403, 'Forbidden');
      webSockets.handleUpgrade(request, socket, head, (ws) => serveRealtime(ws, house));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = server.address().port;
  }

  function shut() {
    server?.close();
    server = undefined;
  }

  /** Changes switches; those not named stay. Resolves when it is so. */
  async function set(changed) {
    Object.assign(switches, switchesOf(changed));
    changes.emit('change');
    if (switches.failWith !== undefined) for (const connection of house.realtime) connection.interrupt();
    if (!switches.stall) for (const connection of house.realtime) connection.flush();
    if (switches.refuse) shut();
    else if (listening) await open();
  }

  /** Cuts every connection at once (TCP), as a process that is killed would. */
  function dropNow() {
    for (const connection of house.realtime) connection.drop();
    for (const socket of sockets) socket.destroy();
  }

  // While weights load the port refuses, but it has to be known.
  let listening = slowStartMs === 0;
  if (listening || port === 0) await open();
  if (!listening || switches.refuse) shut();
  const ready = listening
    ? Promise.resolve()
    : after(slowStartMs, undefined, { ref: true }).then(() => {
        listening = true;
        return switches.refuse ? undefined : open();
      });

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    /** Resolves when it takes connections: at once, unless the start is slow. */
    ready,
    stats: house.control.stats,
    set,
    dropNow,
    async close() {
      closed = true;
      switches.stall = false;
      changes.emit('change');
      shut();
      dropNow();
      webSockets.close();
    },
  };
}

const SWITCHES = [
  ...['stall', 'flushMs', 'contextSeconds', 'dropAfterTokens'],
  ...['failWith', 'unhealthy', 'refuse', 'tokenMs'],
];

/** Throws where a name is no switch: a test with a slip would test nothing. */
function switchesOf(given) {
  for (const name of Object.keys(given))
    if (!SWITCHES.includes(name))
      throw new Error(`the stand-in has no switch \`${name}\`; it has ${SWITCHES.join(', ')}`);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? undefined]));
}

function failureOf(failWith) {
  if (typeof failWith === 'string') return { status: 500, message: failWith };
  return {
    status: failWith ?? 500,
    message: 'EngineCore encountered an issue. See stack trace for the root cause.',
  };
}

function refuseUpgrade(socket, status, reason) {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

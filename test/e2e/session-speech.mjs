/** What is said in the tests of sessions by id, and the instances that hear it. */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { floatToInt16 } from '../../packages/audio/dist/index.js';
import { toneSpeech } from './tone-home.mjs';

/** Hz. */
export const RATE = 8_000;
const BYTES_PER_MS = (2 * RATE) / 1000;

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

/** Cuts audio into random pieces of 1 byte to 5 s; small ones are as likely as large ones. */
export function cut(pcm, random) {
  const pieces = [];
  for (let at = 0; at < pcm.length; ) {
    const length = Math.max(1, Math.round(5_000 * BYTES_PER_MS ** random() * random() ** 4));
    pieces.push(pcm.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** A process of its own that shares a Redis. `kill` ends it as a crash would. */
export async function startInstance(home, url) {
  const child = fork(new URL('./session-runtime.mjs', import.meta.url).pathname, [home, url], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map();
  let number = 0;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  gone.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the instance is dead'));
  });
  await new Promise((resolve, reject) => {
    gone.then(() => reject(new Error('the instance did not start')));
    child.on('message', ({ ready, number: of, result, error }) => {
      if (ready) resolve();
      const one = waiting.get(of);
      waiting.delete(of);
      if (error) one?.reject(Object.assign(new Error(error.message), error));
      else one?.resolve(result);
    });
  });
  const call = (name, ...values) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error('the instance is dead'));
      waiting.set(++number, { resolve, reject });
      child.send({ number, call: name, values });
    });
  return {
    create: (model) => call('create', model),
    append: (id, pcm, seq) =>
      call('append', id, { pcm: Buffer.from(pcm).toString('base64'), sampleRate: RATE, seq }),
    finalize: (id, options = { newOnly: false }) => call('finalize', id, options),
    kill() {
      child.kill('SIGKILL');
      return gone;
    },
    stop() {
      if (child.connected) child.disconnect();
      return gone;
    },
  };
}

/** Calls instances one after another; one that is dead is passed over, as a proxy does. */
export function roundRobin(instances) {
  let turn = 0;
  return async (work) => {
    const first = turn++;
    for (let tries = 0; ; tries++) {
      try {
        return await work(instances[(first + tries) % instances.length]);
      } catch (error) {
        if (!/is dead/.test(error.message) || tries >= instances.length) throw error;
      }
    }
  };
}

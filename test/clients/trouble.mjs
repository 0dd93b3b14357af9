/**
 * A server in trouble on purpose, for the errors that clients must raise as their own classes. Its models are the replay
 * engine's: they prove statuses and shapes, nothing about speech.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replayHome, tone } from '../e2e/replay-home.mjs';
import { startServer, upload } from '../e2e/server.mjs';
import { pcmAsWav } from '../e2e/wav.mjs';

/** As many run at once as the replay engine says; with a queue of none the next is refused. */
const PLACES = 4;
const RATE = 16_000;

/**
 * `url`; `clip` a recording as bytes; `fatal` one whose second half ends the process of `ears:mortal`; `files` the paths of
 * both. `leases(model)` counts requests at work. `ears:busy` has no place left, `ears:sleepy` never answers.
 */
export async function troubledServer() {
  const { home, remove } = replayHome({
    'ears:1': { kind: 'stt', text: 'hello there' },
    'ears:busy': { kind: 'stt', text: 'late', delayMs: 600_000 },
    'ears:sleepy': { kind: 'stt', text: 'late', delayMs: 600_000 },
    'ears:mortal': { kind: 'stt', text: 'first half', crashOn: QUIET, lastWords: 'out of cheese' },
    'mouth:1': { kind: 'tts' },
    'mouth:mortal': { kind: 'tts', crashOn: 'Boom.', lastWords: 'out of cheese' },
  });
  const args = ['--max-queue', '0', '--max-upload', '2Mi', '--max-loaded', '6'];
  const server = await startServer({ home, args });
  const gone = new AbortController();
  const [clip, fatal] = [tone(1), twoHalves()];
  const files = { clip: join(home, 'clip.wav'), fatal: join(home, 'fatal.wav') };
  writeFileSync(files.clip, clip);
  writeFileSync(files.fatal, fatal);
  const leases = async (model) => {
    const { models } = await (await fetch(`${server.url}/v1/models/loaded`)).json();
    return models.find(({ name, tag }) => `${name}:${tag}` === model)?.ref_count ?? 0;
  };
  for (let i = 0; i < PLACES; i++)
    upload(server.url, clip, { model: 'ears:busy' }, { signal: gone.signal }).catch(() => {});
  while ((await leases('ears:busy')) < PLACES) await sleep(20);
  return {
    url: server.url,
    clip,
    fatal,
    files,
    leases,
    async stop() {
      gone.abort();
      await server.stop();
      remove();
    },
  };
}

/** Level of the pause, of full scale: too low for speech, and the first sample of the window after it. */
const QUIET = 128 / 32_768;

/** Speech of 20 s, a pause of 5 s, speech of 10 s: two windows. */
function twoHalves() {
  const speech = (seconds) => tone(seconds).subarray(44);
  const pause = Buffer.alloc(2 * 5 * RATE);
  for (let i = 0; i < pause.length; i += 2) pause.writeInt16LE(QUIET * 32_768, i);
  return pcmAsWav(Buffer.concat([speech(20), pause, speech(10)]), RATE);
}

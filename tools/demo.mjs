/**
 * The demo: pulls a voice and a recogniser, speaks a sentence to demo.wav, writes it down again, and says how long each
 * took. Exits with 1 when more than one word in ten differs.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VoxClient } from '../packages/client/dist/index.js';
import { startApp } from '../packages/vox/dist/app.js';
import { loadConfig, onLoopback } from '../packages/vox/dist/config/index.js';
import { ROOT } from './files.mjs';
import { wordErrors } from './words.mjs';

const VOICE = 'piper:en-us-joe-medium';
const RECOGNISER = 'whisper:tiny.en';
const SENTENCE = 'Hello, this is your own computer speaking. I can also listen, and write down what I hear.';
const OUTPUT = join(ROOT, 'demo.wav');
const MOST_ERRORS = 0.1;

for (const model of [VOICE, RECOGNISER]) {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'packages/vox/bin/vox.js'), 'pull', model], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const app = await startApp(onLoopback(loadConfig({ env: { ...process.env, VOX_LOG_LEVEL: 'error' } })));
try {
  const client = new VoxClient({ baseUrl: app.url });
  const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return { result, seconds: (performance.now() - start) / 1000 };
  };
  const speak = async () => {
    const response = await fetch(`${app.url}/v1/audio/speech`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: VOICE, input: SENTENCE, response_format: 'wav', stream: false }),
    });
    if (!response.ok) throw new Error(await response.text());
    return Buffer.from(await response.arrayBuffer());
  };
  const write = () => client.transcribe({ model: RECOGNISER, file: new Blob([readFileSync(OUTPUT)]) });

  const report = (what, text, { seconds }, audioSeconds, note) =>
    console.log(
      `\n${what}\n  ${text}\n  ${seconds.toFixed(2)} s for ${audioSeconds.toFixed(1)} s of audio (${(audioSeconds / seconds).toFixed(1)}x real time)${note}`,
    );

  const cold = await timed(speak);
  const spoken = await timed(speak);
  writeFileSync(OUTPUT, spoken.result);
  const audioSeconds = (spoken.result.length - 44) / 2 / spoken.result.readUInt32LE(24);
  report(
    `${VOICE} spoke, to demo.wav:`,
    SENTENCE,
    spoken,
    audioSeconds,
    `; ${cold.seconds.toFixed(2)} s the first time, with loading`,
  );
  const coldWrite = await timed(write);
  const heard = await timed(write);
  report(
    `${RECOGNISER} heard:`,
    heard.result.text.trim(),
    heard,
    audioSeconds,
    `; ${coldWrite.seconds.toFixed(2)} s the first time, with loading`,
  );

  const { errors, words } = wordErrors(SENTENCE, heard.result.text);
  console.log(`\n${errors} of ${words} words differ.`);
  process.exitCode = errors / words > MOST_ERRORS ? 1 : 0;
} finally {
  await app.close();
}

/** The thread that decodes one upload to mono PCM16 (pcm.ts): its work would hold up everybody else's requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { floatToInt16 } from '@vox-speech/audio';
import { readAudioFile } from '@vox-speech/audio/node';
import { toRecord } from '@vox-speech/contract';
import type { ThreadAnswer, ThreadTask } from './pcm.js';

async function decode(task: ThreadTask): Promise<ThreadAnswer> {
  const parts: Uint8Array[] = [];
  const { sampleRate } = task;
  // The thread is ended from outside.
  const { signal } = new AbortController();
  for await (const samples of readAudioFile({ ...task, outputRate: sampleRate, signal }))
    parts.push(floatToInt16(samples));
  return { pcm: Buffer.concat(parts) };
}

const answer = await decode(workerData as ThreadTask).catch((error) => ({ error: toRecord(error) }));
parentPort?.postMessage(answer);

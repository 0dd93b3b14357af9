/**
 * The bare engine in a process of its own, on the very files that the product loads, and nothing around it: the onnx engine for
 * Whisper, sherpa-onnx-node for voices and to compare with.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./engine-child.mjs', import.meta.url));

/**
 * Starts it with { kind: 'whisper' | 'sherpa-whisper' | 'piper' | 'kokoro', folder, threads, espeak?, preload? }; gives
 * ask(request) and stop(). `preload` is a library that takes the place of the one of its name.
 */
export async function bareEngine(options) {
  const child = fork(script, [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...(options.preload && { LD_PRELOAD: options.preload }) },
  });
  let tail = '';
  child.stderr.on('data', (bytes) => {
    tail = (tail + bytes).slice(-2000);
  });
  const waiting = [];
  child.on('message', (message) => {
    const entry = waiting.shift();
    if (message.error) entry?.reject(new Error(message.error));
    else entry?.resolve(message);
  });
  child.once('exit', (code) => {
    for (const entry of waiting) entry.reject(new Error(`the bare engine ended with ${code}: ${tail}`));
  });
  const reply = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  await reply();
  return {
    pid: child.pid,
    ask(request) {
      const answer = reply();
      child.send(request);
      return answer;
    },
    stop: () => child.kill(),
  };
}

/**
 * A Python helper that stays: one JSON request a line to its standard input, one JSON answer a line back.
 * Requests are answered in order, one at a time.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Starts `python script ...args` and waits until it says { ready: true }. */
export async function startLines(python, script, args = [], options = {}) {
  const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  let tail = '';
  child.stderr.on('data', (bytes) => {
    tail = (tail + bytes).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout });
  const waiting = [];
  lines.on('line', (line) => {
    if (line.startsWith('{')) waiting.shift()?.resolve(JSON.parse(line));
  });
  child.once('error', (error) => fail(error));
  child.once('exit', (code) => fail(new Error(`${script} ended with ${code}: ${tail}`)));
  let ended = null;
  function fail(error) {
    ended ??= error;
    for (const entry of waiting.splice(0)) entry.reject(ended);
  }
  const next = () =>
    new Promise((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.push({ resolve, reject });
    });
  await next();
  return {
    pid: child.pid,
    async ask(request) {
      const reply = next();
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const answer = await reply;
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    stop() {
      child.stdin.end();
      child.kill();
    },
  };
}

/** Running pip or npm: output kept for the error, cut when it hangs, killed when the pull is cancelled. */
import { spawn } from 'node:child_process';
import { VoxError } from '@vox-speech/contract';

/** Characters of a program's last words that go into an error. */
const TAIL = 600;

export interface ProgramRun {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** ms without progress after which it is killed. */
  readonly stallMs: number;
  /** Called five times a second; a growing figure is progress. */
  readonly progress: () => Promise<number>;
}

export interface ProgramResult {
  readonly status: number | null;
  /** The end of what it printed. */
  readonly tail: string;
}

/**
 * Runs a program to its end. Rejects with `cancelled` when the signal aborts, with a system error (ENOENT) where the
 * program is not there. A program killed for silence has status null.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  // npm is a script on Windows, which only a shell can start; its arguments are the catalog's own and our paths.
  const shell = process.platform === 'win32';
  const quoted = shell ? run.arguments.map((argument) => `"${argument}"`) : run.arguments;
  const child = spawn(run.program, quoted, {
    cwd: run.directory,
    env: run.environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
    windowsHide: true,
  });
  let tail = '';
  const listen = (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-TAIL);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const kill = () => child.kill('SIGKILL');
  run.signal.addEventListener('abort', kill, { once: true });
  let figure = 0;
  let since = Date.now();
  const watch = setInterval(() => {
    run.progress().then(
      (value) => {
        if (value > figure) since = Date.now();
        figure = Math.max(figure, value);
        if (Date.now() - since > run.stallMs) kill();
      },
      () => undefined,
    );
  }, 200);
  try {
    if (run.signal.aborted) kill();
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
    if (run.signal.aborted) throw new VoxError('cancelled', 'the pull was cancelled');
    return { status, tail: tail.trim() };
  } finally {
    clearInterval(watch);
    run.signal.removeEventListener('abort', kill);
  }
}

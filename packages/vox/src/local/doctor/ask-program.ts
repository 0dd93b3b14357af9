/** Asking a program a short question. */
import { execFile } from 'node:child_process';

/** Characters of output that are kept. */
const MAX_OUTPUT = 64 << 10;
/** Characters of a complaint that are passed on. */
const MAX_COMPLAINT = 200;

export interface ProgramAnswer {
  /** `missing`: there is no such program. `failed`: it ended with an error, or not in time. */
  readonly outcome: 'answered' | 'missing' | 'failed';
  /** Standard output, trimmed. */
  readonly output: string;
  /** The last line of what it said about a failure. */
  readonly complaint: string;
}

/** Runs a program for at most `timeoutMs`. Never rejects but with the signal's reason. */
export async function askProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly timeoutMs: number;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
  },
): Promise<ProgramAnswer> {
  const { timeoutMs, environment, signal } = options;
  const answer = await new Promise<ProgramAnswer>((resolve) => {
    execFile(
      program,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT,
        env: environment as NodeJS.ProcessEnv,
        signal,
        windowsHide: true,
        // npm is a script on Windows, which only a shell can start; the arguments are our own.
        shell: process.platform === 'win32',
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ outcome: 'answered', output: stdout.trim(), complaint: '' });
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        const said = lastWords(stderr) || lastWords(stdout) || error.message;
        const complaint = error.killed === true ? `no answer in ${timeoutMs / 1000} s` : said;
        resolve({ outcome: missing ? 'missing' : 'failed', output: stdout.trim(), complaint });
      },
    );
  });
  signal.throwIfAborted();
  return answer;
}

/** The line that says what went wrong: the first that begins with an error, else the last. */
function lastWords(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const line = lines.find((one) => /^(?:npm )?error\b/i.test(one)) ?? lines.at(-1) ?? '';
  return line.trim().slice(0, MAX_COMPLAINT);
}

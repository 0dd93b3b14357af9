/** The ffmpeg program with bytes going in and bytes coming out, both while it runs. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import {
  type Exit,
  type Limits,
  MessageTail,
  machineError,
  startFfmpeg,
  waitForExit,
} from './ffmpeg-process.js';

export interface FfmpegPipeOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  /** Reads `pipe:0`, writes `pipe:1`. */
  readonly args: readonly string[];
  readonly limits: Limits;
  /** For messages: `encoding`. */
  readonly doing: string;
  /** The error of a run that ended badly by its input's fault; `words` is what ffmpeg said last. */
  failed(words: string): VoxError;
  /** Aborting kills the program. It lives until its output ends or this aborts: give it a deadline. */
  readonly signal: AbortSignal;
}

export interface FfmpegPipe {
  /**
   * Resolves when more may come. One call at a time.
   * @throws VoxError `cancelled`, `ffmpeg_missing`, or why the program ended
   */
  write(bytes: Uint8Array): Promise<void>;
  /** No more bytes; the rest of the output follows. */
  end(): void;
  /** Read once. Leaving the loop early ends the program. Throws as `write` does. */
  readonly output: AsyncIterable<Uint8Array>;
}

/**
 * Starts it. When nobody reads the output, `write` stops resolving, so memory stays bounded.
 * @throws VoxError `cancelled` when the signal has aborted already; `ffmpeg_missing` comes from `write` and `output`
 */
export function openFfmpegPipe(options: FfmpegPipeOptions): FfmpegPipe {
  const { ffmpeg, signal, doing } = options;
  if (signal.aborted) throw new VoxError('cancelled', `cancelled while ${doing}`, { cause: signal.reason });
  const child = startFfmpeg(ffmpeg, options.args, options.limits, ['pipe', 'pipe', 'pipe']);
  const input = child.stdin as Writable;
  const output = child.stdout as Readable;
  const tail = new MessageTail(child.stderr as Readable);
  const kill = () => {
    child.kill('SIGKILL');
    // Bytes that nobody will read would keep the pipe, and so the exit, waiting.
    output.destroy();
  };
  signal.addEventListener('abort', kill, { once: true });
  // A program that died shows as EPIPE here; why it died is told by its exit.
  input.on('error', () => {});

  const verdict = (exit: Exit): VoxError | undefined => {
    if (signal.aborted)
      return new VoxError('cancelled', `cancelled while ${doing}`, { cause: signal.reason });
    if (exit.code === 0) return undefined;
    const words = tail.summary([]) || `it ended with ${exit.signal ?? exit.code}`;
    return machineError(exit, tail.text) ?? options.failed(words);
  };
  const finished = waitForExit(child, ffmpeg)
    .then(verdict, (error: VoxError) => error)
    .finally(() => signal.removeEventListener('abort', kill));

  async function write(bytes: Uint8Array): Promise<void> {
    if (signal.aborted || child.exitCode !== null || input.destroyed) throw await failure();
    if (input.write(bytes)) return;
    await Promise.race([once(input, 'drain', { signal }).catch(() => {}), finished]);
    if (signal.aborted || child.exitCode !== null || input.destroyed) throw await failure();
  }

  async function failure(): Promise<VoxError> {
    return (await finished) ?? new VoxError('internal', `ffmpeg ended before ${doing} was done`);
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of output) yield chunk as Uint8Array;
    } catch (error) {
      throw (await finished) ?? error;
    } finally {
      // Reached by leaving early too.
      if (!output.readableEnded) kill();
    }
    const error = await finished;
    if (error !== undefined) throw error;
  }

  return { write, end: () => void input.end(), output: read() };
}

/** The default host: one child process a loaded model, because native engines abort the process they live in. */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FromRunner, ToRunner } from '../messages/index.js';
import { pipePort } from '../messages/pipe.js';
import type { RunnerExit, RunnerHost, StartRunnerOptions } from './host.js';
import { Tail } from './tail.js';

const RUNNER = fileURLToPath(new URL('../runner/main.js', import.meta.url));

/** Threads of libuv beyond the engine's own calls: file reads of the audio that is being transcribed. */
const SPARE_POOL_THREADS = 4;

/**
 * What glibc is told, so that memory a decode used goes back to the system: otherwise it keeps large blocks for their
 * size's next use, in an arena a thread. Measured with Whisper base on 2 cores, interleaved: 611 MB became 356 after 40
 * clips, in the same time. With a threshold of 128 KiB instead of 4 MiB it is 340 MB, but a clip takes 24 ms longer (931
 * against 907, 41 each) and the model 110 ms longer to load, since every smaller block is asked of the system anew too.
 * Elsewhere the names mean nothing.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '4194304',
} as const;

/**
 * Room for young objects, in MiB: what a runner makes dies within a tick, and 16 MiB of it, Node's default, is only more to
 * hold: 46 instead of 143 kB for each of 400 live streams with 2 MiB, and 10 kB less for each of 300 with 1, in the same time.
 */
const YOUNG_MIB = 1;
/**
 * The same where the model runs elsewhere and every step of every stream passes through: with 2 MiB 64 streams had their tokens
 * 5 ms later in the 95th percentile.
 */
const YOUNG_ELSEWHERE_MIB = 8;

/**
 * What a stream keeps from one partial to the next outlives the young, and is dead soon after: V8 would let 8 MB and more of that
 * pile up before it looks, and leave holes. With this it moves what is left together whenever it looks: 43 to 49 instead of 58 kB for
 * each of 300 live streams in runs on different days, and a decode of Whisper takes as long (medians of three: 3.2 s of processor time
 * with it and without). Where the model runs elsewhere there is no such state.
 */
const SMALL_HEAP = '--optimize-for-size';

/** Starts a runner process. It ends by itself when this process dies, since its pipe then closes. */
export function startProcessRunner({ threads, preload, elsewhere }: StartRunnerOptions): RunnerHost {
  const heap = elsewhere
    ? [`--max-semi-space-size=${YOUNG_ELSEWHERE_MIB}`]
    : [`--max-semi-space-size=${YOUNG_MIB}`, SMALL_HEAP];
  const child = spawn(process.execPath, [...heap, RUNNER], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...ALLOCATOR,
      ...process.env,
      UV_THREADPOOL_SIZE: String(2 * threads + SPARE_POOL_THREADS),
      ...(preload.length === 0 ? {} : { LD_PRELOAD: preload.join(':') }),
    },
    windowsHide: true,
  });
  const tail = new Tail();
  child.stdout?.on('data', (chunk: Buffer) => tail.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => tail.push(chunk));
  const gone = new Promise<RunnerExit>((resolve) => {
    child.once('error', (error) => resolve({ how: error.message, stderrTail: tail.text() }));
    // `close`, not `exit`: by then standard error has been read to its end.
    child.once('close', (code, signal) => {
      resolve({ how: signal ? `signal ${signal}` : `exit code ${code}`, stderrTail: tail.text() });
    });
  });
  return {
    port: pipePort<ToRunner, FromRunner>(child.stdio[3] as Duplex),
    pid: child.pid,
    gone,
    destroy: () => void child.kill('SIGKILL'),
  };
}

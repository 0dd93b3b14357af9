/** A runner in this very thread: for tests, and for seeing what a process boundary costs. */
import type { FromRunner, ToRunner } from '../messages/index.js';
import { type Port, portPair } from '../messages/pipe.js';
import type { RunnerExit, RunnerHost } from './host.js';

/** Starts `run` on the other end of a port pair; `run` is the runner's own entry. */
export function startInlineRunner(run: (port: Port<FromRunner, ToRunner>) => void): RunnerHost {
  const [mine, theirs] = portPair<ToRunner, FromRunner>();
  let end: (exit: RunnerExit) => void = () => {};
  const gone = new Promise<RunnerExit>((resolve) => {
    end = resolve;
  });
  run(theirs);
  return {
    port: {
      ...mine,
      onClose: (handler) =>
        mine.onClose((error) => {
          end({ how: 'closed', stderrTail: '' });
          handler(error);
        }),
    },
    pid: undefined,
    gone,
    destroy: () => mine.close(),
  };
}

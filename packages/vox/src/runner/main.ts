/** Entry of the child process. Messages travel over file descriptor 3; standard error belongs to the native library. */
import type { FromRunner, ToRunner } from '../messages/index.js';
import { descriptorPort } from '../messages/pipe.js';
import { createRunner } from './runner.js';

const MESSAGES = 3;

const port = descriptorPort<FromRunner, ToRunner>(MESSAGES);
const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
createRunner(
  {
    ...port,
    // The server is gone, or is done with us. An ordinary exit would wait for the native call that still runs, and its
    // result is nobody's any more; nothing here needs saving.
    onClose: (handler) =>
      port.onClose((error) => {
        handler(error);
        process.kill(process.pid, 'SIGKILL');
      }),
  },
  log,
);
// Ctrl-C reaches the whole process group; the server decides when its runners end.
process.on('SIGINT', () => {});
// A job's mistake must not take the others with it.
process.on('unhandledRejection', (error) =>
  log(`runner: unhandled: ${(error as Error)?.stack ?? String(error)}`),
);

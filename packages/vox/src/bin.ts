/** The program `vox`: arguments in, exit code out. */
import { main, Stopped } from './cli/main.js';
import { processOutput } from './cli/output.js';

const stop = new AbortController();

/** The first signal lets the command end cleanly; a second one is an order. */
function onSignal(code: number): () => void {
  return () => {
    if (stop.signal.aborted) process.exit(code);
    stop.abort(new Stopped(code));
  };
}
process.on('SIGINT', onSignal(130));
process.on('SIGTERM', onSignal(143));
// `vox list | head -1`: nobody reads any more, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stop.abort(new Stopped(0));
});
process.stderr.on('error', () => undefined);

const code = await main(process.argv.slice(2), processOutput(), stop.signal);
// Whatever is still open (a terminal's standard input, say) is no reason to stay.
process.exit(code);

/** `vox client idle`: does the server close a connection on which nothing happens? */
import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import { json, paint } from '../output.js';
import { callOf, commonOptions, failureText, secondsAsMs } from './common.js';
import { Failure } from './envelope.js';
import type { Closed } from './session.js';
import { withDeadline } from './utterance.js';

/** Close code of an idle connection: yap.md section 2.3. */
const IDLE = 4000;
/** ms that two clocks may differ by. */
const CLOCKS_MS = 250;

interface Flags {
  readonly idleTimeout: string;
  readonly gracePeriod: string;
}

/** Adds `idle`, which fails where the server does. */
export function defineIdle(command: Command, context: CommandContext): void {
  command
    .description('Open a socket, send nothing, and see whether the server closes it in time.')
    .option('--idle-timeout <SECONDS>', "the server's limit (WS_IDLE_TIMEOUT_S, VOX_YAP_IDLE_TIMEOUT)", '150')
    .option('--grace-period <SECONDS>', 'how much later it may close', '5');
  commonOptions(command);
  command.action(async () => {
    const flags = command.opts<Flags>();
    const limitMs = secondsAsMs('--idle-timeout', flags.idleTimeout, 86_400);
    const graceMs = secondsAsMs('--grace-period', flags.gracePeriod, 86_400);
    const call = callOf(command, context);
    const { output } = call;
    if (!call.json) output.line(`[ IDLE ] ${call.server}: waiting ${(limitMs + graceMs) / 1000} s at most`);
    const closed = await wait(call, limitMs + graceMs);
    const passed = closed.code === IDLE && closed.elapsedMs >= limitMs - CLOCKS_MS;
    if (call.json) output.line(json({ server: call.server, passed, limitMs, graceMs, ...closed }));
    else {
      const verdict = passed ? paint(output, 'ok', '✓ PASS') : paint(output, 'fail', '✗ FAIL');
      output.line(`${verdict}  ${passed ? 'Server closed idle connection' : whyNot(closed)}`);
      output.line(`Elapsed: ${(closed.elapsedMs / 1000).toFixed(2)} s`);
      output.line(`Close code: ${closed.code ?? '-'}`);
      output.line(`Close reason: ${closed.reason || '-'}`);
    }
    if (!passed) throw new Error('the idle connection was not closed as it should be');
  });
  command.addHelpText(
    'after',
    '\nExit code: 0 when the server closed it with 4000 and in time, 1 otherwise.',
  );
  examples(command, ['vox client idle', 'vox client idle --idle-timeout 10 --grace-period 5']);
}

/** How the connection ended; `code` null = it was still open at the end of the wait. */
interface Ended {
  readonly code: number | null;
  readonly reason: string;
  readonly elapsedMs: number;
}

async function wait(call: ReturnType<typeof callOf>, ms: number): Promise<Ended> {
  const session = await call.open(call.signal).catch((error: unknown) => {
    throw error instanceof Failure ? new Error(failureText(error), { cause: error }) : error;
  });
  const deadline = withDeadline(ms, call.signal);
  try {
    const late = new Promise<undefined>((resolve) => {
      deadline.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      if (deadline.signal.aborted) resolve(undefined);
    });
    const closed: Closed | undefined = await Promise.race([session.closed, late]);
    call.signal.throwIfAborted();
    const elapsedMs = (closed?.at ?? performance.now()) - session.opened;
    return { code: closed?.code ?? null, reason: closed?.reason ?? '', elapsedMs };
  } finally {
    deadline.clear();
    session.abandon();
  }
}

function whyNot({ code }: Ended): string {
  if (code === null) return 'Server did not close the idle connection';
  return code === IDLE
    ? 'Server closed the idle connection too early: is its limit another one (--idle-timeout)?'
    : `Server closed the connection with ${code}, and ${IDLE} is the code of an idle one`;
}

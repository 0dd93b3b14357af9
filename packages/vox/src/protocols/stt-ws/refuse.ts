/** A connection whose query is not valid: an error frame, then the close with the same text. */
import type { LiveSocket } from '../../transport/index.js';
import type { ConnectionContext } from './connection.js';
import { connectionId } from './connection-id.js';
import { Journal } from './journal.js';
import { codeLabel } from './metrics.js';
import * as render from './render.js';
import type { ReadQuery } from './schema.js';

/** Counts and logs it as any other connection. */
export function refuse(
  socket: LiveSocket,
  { callId, fault }: Extract<ReadQuery, { ok: false }>,
  { log, metrics: { use } }: ConnectionContext,
): void {
  const journal = new Journal(log, callId, connectionId());
  const code = codeLabel(fault.code);
  journal.say('ws.accepted');
  socket.signal.addEventListener(
    'abort',
    () => {
      use.closed.inc({ code });
      journal.closed(fault.code, { abandoned: false });
    },
    { once: true },
  );
  use.errors.inc({ code });
  socket.send(render.error(callId, fault), { done: () => use.outEvents.inc({ type: 'error' }) });
  journal.say('ws.error', { code: fault.code, message: fault.message }, 'warn');
  socket.close(fault.code, fault.message);
}

/** From any thrown value to a status: the table's, its message, and what a program can act on as trailing metadata. */
import { randomUUID } from 'node:crypto';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { ERRORS, type VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import { loggedError } from '../errors.js';

/** Trailing metadata with the code of the table, since several codes share a status. */
export const CODE_KEY = 'x-vox-code';
/** Milliseconds after which asking again may help, by gRPC's own name (its proposal A6). */
export const PUSHBACK_KEY = 'grpc-retry-pushback-ms';

/** Longer is cut: a status travels in a header. */
const MAX_MESSAGE = 1000;

/** The status of an error. A fault of ours goes to the log in full, and to the client under a number. */
export function statusOf(thrown: unknown, path: string, log: Log): StatusObject {
  const id = randomUUID().slice(0, 8);
  const error = loggedError(thrown, id, log, 'a call failed', { path });
  const metadata = new Metadata();
  metadata.set(CODE_KEY, error.code);
  if (error.retryAfter !== undefined)
    metadata.set(PUSHBACK_KEY, String(Math.max(1, Math.ceil(error.retryAfter * 1000))));
  return { code: status[ERRORS[error.code].grpc], details: details(error), metadata };
}

/** Half a character would break the header that carries it. */
function details({ message }: VoxError): string {
  return Buffer.from(message.slice(0, MAX_MESSAGE)).toString();
}

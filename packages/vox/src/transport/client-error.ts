/** Requests that are not HTTP, or whose header is too large: answered with 400 on the bare socket. */
import type { Duplex } from 'node:stream';

const seen = new WeakSet<Duplex>();

const MESSAGES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'the request header is too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request header did not come in time',
};

/**
 * Answers once, then throws away what still comes for at most `lingerMs`: closing at once would reset the
 * connection and the client would never see the answer.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  headerBytes: number,
  lingerMs: number,
): void {
  // The parser fails again on every chunk that follows.
  if (seen.has(socket)) return;
  seen.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = MESSAGES[error.code ?? ''] ?? 'the request is not valid HTTP/1.1';
  const limit = error.code === 'HPE_HEADER_OVERFLOW' ? ` (limit ${headerBytes} bytes)` : '';
  const body = JSON.stringify({
    error: { message: message + limit, type: 'invalid_request_error', param: null, code: 'invalid_request' },
    detail: message + limit,
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

/**
 * The OpenAI routes, called with as little client as possible: one kept-alive connection a client, bodies
 * built before.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { basename } from 'node:path';

/** A multipart body of fields and one file, ready to be sent many times. */
export function form(fields, path) {
  const boundary = 'vox-bench-7MA4YWxkTrZu0gW';
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${one}\r\n`),
  );
  const disposition = `Content-Disposition: form-data; name="file"; filename="${basename(path)}"`;
  const file = `--${boundary}\r\n${disposition}\r\n`;
  const head = Buffer.from(`${parts.join('')}${file}Content-Type: audio/wav\r\n\r\n`);
  const body = Buffer.concat([head, readFileSync(path), Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

/** A client of one server: its requests share connections, at most one a request in flight. */
export function client(base) {
  const agent = new Agent({ keepAlive: true });

  /** Gives { ms, firstMs, status, body }: `firstMs` is when the body's byte number `firstAt` had come. */
  function send(method, path, { body, type, signal, firstAt = 0 } = {}) {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const headers = body === undefined ? {} : { 'content-type': type, 'content-length': body.length };
      const call = request(`${base}${path}`, { method, agent, headers, signal }, (reply) => {
        const pieces = [];
        let size = 0;
        let firstMs;
        reply.on('data', (piece) => {
          size += piece.length;
          if (firstMs === undefined && size > firstAt) firstMs = performance.now() - since;
          pieces.push(piece);
        });
        reply.on('error', reject);
        reply.on('end', () => {
          const ms = performance.now() - since;
          resolve({
            ms,
            firstMs,
            status: reply.statusCode,
            headers: reply.headers,
            body: Buffer.concat(pieces),
          });
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }

  async function good(...args) {
    const reply = await send(...args);
    if (reply.status !== 200)
      throw new Error(`${args[1]}: ${reply.status} ${reply.body.toString().slice(0, 400)}`);
    return reply;
  }

  return {
    base,
    send,
    good,
    transcribe: (prepared, extra = {}) => good('POST', '/v1/audio/transcriptions', { ...prepared, ...extra }),
    json: async (method, path, value) => {
      const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
      return JSON.parse(
        (await good(method, path, { body, type: 'application/json' })).body.toString() || 'null',
      );
    },
    speak: (value, extra = {}) =>
      good('POST', '/v1/audio/speech', {
        body: Buffer.from(JSON.stringify(value)),
        type: 'application/json',
        ...extra,
      }),
    close: () => agent.destroy(),
  };
}

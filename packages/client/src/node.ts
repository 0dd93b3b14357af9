/** For Node alone: a `fetch` without time limits of its own. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface NodeFetchOptions {
  /** PEM of certificates that are trusted; absent = those that Node trusts. */
  readonly ca?: readonly string[];
}

/**
 * Node's own fetch gives up after 300 s without headers, which a long transcription takes, and turns an answer that
 * comes before the upload has ended (413) into a broken pipe. This one waits as long as the signal lets it and takes
 * early answers. No redirects, no cookies, no cache.
 */
export function nodeFetch(url: string, init: RequestInit, { ca }: NodeFetchOptions = {}): Promise<Response> {
  // Request encodes a FormData, file by file, without holding it.
  const encoded = new Request(url, init);
  const { signal } = init;
  return new Promise<Response>((resolve, reject) => {
    const start = url.startsWith('https:') ? requestHttps : requestHttp;
    const outgoing = start(
      url,
      {
        method: encoded.method,
        headers: Object.fromEntries(encoded.headers),
        agent: false,
        ...(ca === undefined ? {} : { ca: [...ca] }),
        ...(signal ? { signal } : {}),
      },
      (incoming) => {
        const headers = new Headers();
        for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
          headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
        }
        const status = incoming.statusCode ?? 0;
        const empty = status === 204 || status === 205 || status === 304;
        if (empty) incoming.resume();
        const body = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        resolve(new Response(body, { status, headers }));
      },
    );
    outgoing.on('error', reject);
    if (encoded.body === null) {
      outgoing.end();
      return;
    }
    // A failed write is either the outgoing error above, or an upload that the server's early answer ended.
    pipeline(Readable.fromWeb(encoded.body as Parameters<typeof Readable.fromWeb>[0]), outgoing).catch(
      reject,
    );
  });
}

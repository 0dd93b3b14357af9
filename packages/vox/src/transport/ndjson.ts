/** Newline-delimited JSON, one object a line. */

export const NDJSON_TYPE = 'application/x-ndjson';

/**
 * The items as lines. An error of the source becomes the last line, because the status is long sent.
 * @param errorLine renders it
 */
export async function* ndjson(
  source: AsyncIterable<unknown>,
  errorLine: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const item of source) yield line(item);
  } catch (error) {
    yield line(errorLine(error));
  }
}

function line(item: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(item)}\n`, 'utf8');
}

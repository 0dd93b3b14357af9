/** The last bytes of an endless text, for error messages. */

const KEPT_BYTES = 4096;

export class Tail {
  #kept = Buffer.alloc(0);

  push(chunk: Buffer): void {
    const joined = Buffer.concat([this.#kept, chunk]);
    this.#kept = joined.length > KEPT_BYTES ? Buffer.from(joined.subarray(-KEPT_BYTES)) : joined;
  }

  /** The last lines, at most `lines` of them. */
  text(lines = 8): string {
    return this.#kept.toString('utf8').trim().split('\n').slice(-lines).join('\n');
  }
}

/** The packets in an Ogg stream (RFC 3533) as they come, without the two headers that Opus begins with (RFC 7845). */

/** Bytes of a page's header before its table of segments. */
const PAGE_HEADER = 27;
/** A segment of this length is continued by the next one. */
const FULL_SEGMENT = 255;

/** Of one logical stream, as an encoder writes it; checksums are not looked at. */
export class OggPackets {
  #rest: Uint8Array = new Uint8Array(0);
  /** What the pages so far hold of a packet that goes on. */
  #open: Uint8Array[] = [];
  #headersLeft: number;

  /** @param headers packets at the start that are not given; 2 for Opus */
  constructor(headers = 2) {
    this.#headersLeft = headers;
  }

  /** The packets that are whole now. Throws RangeError when the bytes are no Ogg. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#rest = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    const packets: Uint8Array[] = [];
    for (;;) {
      const page = this.#rest;
      if (page.length < PAGE_HEADER) return packets;
      if (String.fromCharCode(...page.subarray(0, 4)) !== 'OggS') throw new RangeError('not a page of Ogg');
      const bodyAt = PAGE_HEADER + (page[PAGE_HEADER - 1] ?? 0);
      if (page.length < bodyAt) return packets;
      const table = page.subarray(PAGE_HEADER, bodyAt);
      const end = table.reduce((sum, length) => sum + length, bodyAt);
      if (page.length < end) return packets;
      this.#take(table, page.subarray(bodyAt, end), packets);
      this.#rest = page.slice(end);
    }
  }

  #take(table: Uint8Array, body: Uint8Array, packets: Uint8Array[]): void {
    let at = 0;
    for (const length of table) {
      this.#open.push(body.subarray(at, at + length));
      at += length;
      if (length === FULL_SEGMENT) continue;
      const packet = joined(this.#open);
      this.#open = [];
      if (this.#headersLeft > 0) this.#headersLeft--;
      else packets.push(packet);
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bare Opus packets as an Ogg stream (RFC 3533, RFC 7845), so that a decoder of files can hear them. */

/** Bytes of a page's header before its table of segments. */
const PAGE_HEADER = 27;
/** Of a page's 255 segments, each of 255 bytes; an Opus packet of 120 ms has at most 3 * 1275 + 7 (RFC 6716, 3.2.5). */
const MAX_PACKET_BYTES = 60_000;
/** Any number does: there is one stream. */
const SERIAL = 1;

/** Samples at 48 kHz of one frame, by the configuration in a packet's first byte (RFC 6716, table 2). */
const FRAME_SAMPLES: readonly number[] = [
  ...[480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880],
  ...[480, 960, 480, 960],
  ...[120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960],
];

/** A page a packet: a decoder hears each as soon as it comes. */
export class OggOpusWriter {
  readonly #channels: number;
  readonly #rate: number;
  #sequence = 0;
  #position = 0;

  /** @param options `sampleRate` in Hz is told to the decoder, which works at 48 kHz all the same; `channels` is 1 or 2 */
  constructor({ sampleRate, channels }: { sampleRate: number; channels: number }) {
    if (channels !== 1 && channels !== 2) throw new RangeError(`channels must be 1 or 2; got ${channels}`);
    this.#rate = sampleRate;
    this.#channels = channels;
  }

  /** The two pages before all others. */
  header(): Uint8Array {
    const head = new Uint8Array(19);
    head.set(ascii('OpusHead'));
    head[8] = 1;
    head[9] = this.#channels;
    new DataView(head.buffer).setUint32(12, this.#rate, true);
    const tags = new Uint8Array(16);
    tags.set(ascii('OpusTags'));
    return joined(this.#page(head, 2), this.#page(tags, 0));
  }

  /** The page of one packet. Throws RangeError for what can't be one. */
  packet(packet: Uint8Array): Uint8Array {
    const [first] = packet;
    if (first === undefined || packet.length > MAX_PACKET_BYTES)
      throw new RangeError(`an Opus packet has 1 to ${MAX_PACKET_BYTES} bytes; got ${packet.length}`);
    this.#position += (FRAME_SAMPLES[first >> 3] ?? 0) * frames(packet);
    return this.#page(packet, 0);
  }

  #page(body: Uint8Array, flags: number): Uint8Array {
    const segments = Math.floor(body.length / 255) + 1;
    const page = new Uint8Array(PAGE_HEADER + segments + body.length);
    const view = new DataView(page.buffer);
    page.set(ascii('OggS'));
    page[5] = flags;
    view.setBigUint64(6, BigInt(this.#position), true);
    view.setUint32(14, SERIAL, true);
    view.setUint32(18, this.#sequence++, true);
    page[26] = segments;
    page.fill(255, PAGE_HEADER, PAGE_HEADER + segments - 1);
    page[PAGE_HEADER + segments - 1] = body.length % 255;
    page.set(body, PAGE_HEADER + segments);
    view.setUint32(22, checksum(page), true);
    return page;
  }
}

/** Frames in a packet, by the code in its first byte (RFC 6716, 3.2). */
function frames([first = 0, second = 0]: Uint8Array): number {
  const code = first & 3;
  if (code === 0) return 1;
  return code === 3 ? second & 63 : 2;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** The polynomial of Ogg's checksum, most significant bit first (RFC 3533, 6). */
const POLYNOMIAL = 0x04c11db7;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ POLYNOMIAL : value << 1;
  return value;
});

function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = (value << 8) ^ (TABLE[((value >>> 24) ^ byte) & 0xff] ?? 0);
  return value >>> 0;
}

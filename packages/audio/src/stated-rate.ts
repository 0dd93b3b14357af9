/** The sample rate that an encoded file states of itself, so that decoding it need not change the rate. */
import type { Container } from './sniff.js';

/** Opus always decodes to this (RFC 7845 section 5.1), in Hz. */
const OPUS_RATE = 48_000;
/** Hz of MPEG-1 by the index in a frame's header; halved for MPEG-2, quartered for 2.5 (ISO 11172-3 section 2.4.2.3). */
const MPEG_RATES = [44_100, 48_000, 32_000];
/** `fLaC`. */
const FLAC_MARK = [0x66, 0x4c, 0x61, 0x43];
/** `fLaC`, the header of STREAMINFO, and two block and two frame sizes (RFC 9639 section 8.2). */
const FLAC_RATE_AT = 4 + 4 + 10;
/** A 1 and `vorbis`. */
const VORBIS_MARK = [0x01, 0x76, 0x6f, 0x72, 0x62, 0x69, 0x73];
/** The mark, the version and the number of channels (Vorbis I, section 4.2.2). */
const VORBIS_RATE_AT = 7 + 4 + 1;

/**
 * @param head the first bytes, up to `SNIFF_BYTES`
 * @returns Hz; undefined where the container does not say, or not among these bytes
 */
export function statedRate(head: Uint8Array, container: Container): number | undefined {
  if (container === 'ogg-opus') return OPUS_RATE;
  if (container === 'flac' || container === 'ogg-flac') return flacRate(head);
  if (container === 'ogg-vorbis') return vorbisRate(head);
  return container === 'mp3' ? mpegRate(head) : undefined;
}

/** Where the bytes of a mark begin, -1 for nowhere. */
function find(head: Uint8Array, mark: readonly number[]): number {
  for (let at = 0; at + mark.length <= head.length; at++)
    if (mark.every((byte, index) => head[at + index] === byte)) return at;
  return -1;
}

function positive(rate: number): number | undefined {
  return rate > 0 ? rate : undefined;
}

function flacRate(head: Uint8Array): number | undefined {
  const at = find(head, FLAC_MARK);
  if (at < 0) return undefined;
  const [a = 0, b = 0, c = 0] = head.subarray(at + FLAC_RATE_AT);
  return positive((a << 12) | (b << 4) | (c >> 4));
}

function vorbisRate(head: Uint8Array): number | undefined {
  const at = find(head, VORBIS_MARK);
  const rate = at + VORBIS_RATE_AT;
  if (at < 0 || rate + 4 > head.length) return undefined;
  return positive(new DataView(head.buffer, head.byteOffset).getUint32(rate, true));
}

/** By the first bytes that look like a frame of layer III. */
function mpegRate(head: Uint8Array): number | undefined {
  for (let at = 0; at + 3 < head.length; at++) {
    const [a = 0, b = 0, c = 0] = head.subarray(at, at + 3);
    if (a !== 0xff || (b & 0xe6) !== 0xe2) continue;
    const version = (b >> 3) & 3; // 3 = MPEG-1, 2 = MPEG-2, 0 = MPEG-2.5, 1 = reserved
    const rate = MPEG_RATES[(c >> 2) & 3];
    // A bit rate of 15 is forbidden.
    if (version === 1 || rate === undefined || c >> 4 === 15) continue;
    return rate >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  }
  return undefined;
}

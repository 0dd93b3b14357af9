/** Which container bytes are, told by their content alone; names and types that a client states are not trusted. */
import { isMpegAudio, type MpegAudio } from './sniff-mpeg.js';

export type Container =
  | 'wav'
  | 'rf64'
  | 'flac'
  | 'mp3'
  | 'aac'
  | 'ogg-vorbis'
  | 'ogg-opus'
  | 'ogg-flac'
  | 'ogg'
  | 'webm'
  | 'matroska'
  | 'mp4'
  | 'aiff'
  | 'caf'
  | 'amr'
  | 'asf'
  | 'avi'
  | 'flv'
  | 'mpeg-ts'
  | 'mpeg-ps'
  | 'unknown';

/** Formats that can be decoded bit by bit, as they come. */
export type StreamFormat = 'wav' | 'flac' | 'mp3' | 'ogg' | 'webm';

/** The one of a container; absent = it can only be decoded whole. */
export const STREAM_FORMATS: Readonly<Partial<Record<Container, StreamFormat>>> = {
  wav: 'wav',
  flac: 'flac',
  mp3: 'mp3',
  ogg: 'ogg',
  'ogg-vorbis': 'ogg',
  'ogg-opus': 'ogg',
  'ogg-flac': 'ogg',
  webm: 'webm',
  matroska: 'webm',
};

/** Bytes from the start of a file that are always enough, but for ID3 tags that hold pictures (which then mean mp3). */
export const SNIFF_BYTES = 16_384;

function has(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The codec is named at the start of the first packet, right after the page's segment table (RFC 3533). */
function oggCodec(head: Uint8Array): Container {
  const packet = 27 + (head[26] ?? 0);
  if (has(head, packet, 'OpusHead')) return 'ogg-opus';
  if (has(head, packet, '\x01vorbis')) return 'ogg-vorbis';
  if (has(head, packet, '\x7fFLAC')) return 'ogg-flac';
  return 'ogg';
}

/** The document type is among the first elements of the EBML header (RFC 8794), so within its first 64 bytes. */
function ebmlType(head: Uint8Array): Container {
  for (let at = 4; at < Math.min(head.length, 64); at++) {
    // Element 0x4282 (DocType), its one-byte length, its text.
    if (head[at] !== 0x42 || head[at + 1] !== 0x82) continue;
    if (has(head, at + 3, 'webm')) return 'webm';
    if (has(head, at + 3, 'matroska')) return 'matroska';
  }
  return 'unknown';
}

/** Brands of ISO media files that hold pictures (HEIF, AVIF, camera raw). */
const PICTURE_BRANDS = [
  'heic',
  'heix',
  'heim',
  'heis',
  'hevc',
  'hevx',
  'mif1',
  'msf1',
  'avif',
  'avis',
  'crx ',
];
/** Boxes that begin QuickTime files older than `ftyp`. */
const QUICKTIME_BOXES = ['moov', 'mdat', 'wide'];

function isMp4(head: Uint8Array): boolean {
  // The size of the first box: text has a letter here.
  if ((head[0] ?? 0xff) >= 0x20) return false;
  if (has(head, 4, 'ftyp')) return !PICTURE_BRANDS.some((brand) => has(head, 8, brand));
  return QUICKTIME_BOXES.some((box) => has(head, 4, box));
}

/** Bytes of an ID3v2 tag at the start (id3.org, 2.4.0 section 3.1), or 0. */
function id3Bytes(head: Uint8Array): number {
  if (!has(head, 0, 'ID3') || head.length < 10) return 0;
  const [major = 0, , flags = 0, a = 0, b = 0, c = 0, d = 0] = head.subarray(3, 10);
  if (major < 2 || major > 4 || (a | b | c | d) >= 0x80) return 0;
  const footer = (flags & 0x10) !== 0 ? 10 : 0;
  return 10 + footer + ((a << 21) | (b << 14) | (c << 7) | d);
}

/** First half of the GUID of an ASF header (Microsoft, "ASF Specification" section 3.1), which WMA and WMV begin with. */
const ASF_HEADER = '\x30\x26\xb2\x75\x8e\x66\xcf\x11';

/** Bytes of a packet of an MPEG transport stream (ISO 13818-1 section 2.4.3.2), its sync byte, and how many must agree. */
const TS_PACKET = 188;
const TS_SYNC = 0x47;
const TS_PACKETS = 4;

function isTransportStream(head: Uint8Array): boolean {
  for (let packet = 0; packet < TS_PACKETS; packet++) if (head[packet * TS_PACKET] !== TS_SYNC) return false;
  return true;
}

/** Films whose sound can be heard, by what they begin with. */
function film(head: Uint8Array): Container | undefined {
  if (has(head, 0, 'RIFF') && has(head, 8, 'AVI ')) return 'avi';
  if (has(head, 0, 'FLV\x01')) return 'flv';
  // The pack header of a program stream (ISO 13818-1 section 2.5.3.3; 11172-1 for MPEG-1).
  if (has(head, 0, '\x00\x00\x01\xba')) return 'mpeg-ps';
  return isTransportStream(head) ? 'mpeg-ts' : undefined;
}

/** MPEG frames, after an ID3 tag or the zeros that some encoders put first. */
function mpegAfterPadding(head: Uint8Array, from: number): MpegAudio | undefined {
  let at = from;
  while (at < head.length && head[at] === 0) at++;
  return isMpegAudio(head, at);
}

/**
 * The container of a file by its first bytes.
 * @param head the first bytes, up to `SNIFF_BYTES`; fewer only when the file is shorter
 * @returns `unknown` for text, pictures, archives, video without an audio form and anything else
 */
export function sniff(head: Uint8Array): Container {
  if (has(head, 8, 'WAVE')) {
    if (has(head, 0, 'RIFF')) return 'wav';
    if (has(head, 0, 'RF64') || has(head, 0, 'BW64')) return 'rf64';
  }
  if (has(head, 0, 'fLaC')) return 'flac';
  if (has(head, 0, 'OggS')) return oggCodec(head);
  if (has(head, 0, '\x1a\x45\xdf\xa3')) return ebmlType(head);
  if (has(head, 0, 'FORM') && (has(head, 8, 'AIFF') || has(head, 8, 'AIFC'))) return 'aiff';
  if (has(head, 0, 'caff\x00\x01')) return 'caf';
  if (has(head, 0, '#!AMR\n') || has(head, 0, '#!AMR-WB\n')) return 'amr';
  if (has(head, 0, ASF_HEADER)) return 'asf';
  const moving = film(head);
  if (moving !== undefined) return moving;
  if (isMp4(head)) return 'mp4';
  const tag = id3Bytes(head);
  if (tag > 0 && tag + 4 > head.length) return 'mp3';
  if (has(head, tag, 'fLaC')) return 'flac';
  return mpegAfterPadding(head, tag) ?? 'unknown';
}

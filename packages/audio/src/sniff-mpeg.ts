/** Bare MPEG audio: frames without a container, found by two headers that agree (ISO 11172-3, 13818-3 and -7). */

export type MpegAudio = 'mp3' | 'aac';

/** kbit/s by layer (I, II, III) of MPEG-1, then of MPEG-2; index 0 is "free", 15 is forbidden. */
const BITRATES: readonly (readonly number[])[] = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/** Hz, of MPEG-1; halved for MPEG-2, quartered for 2.5. */
const SAMPLE_RATES = [44_100, 48_000, 32_000];

interface Frame {
  readonly kind: MpegAudio;
  /** Bytes to the next header. */
  readonly length: number;
  /** What every frame of one stream has in common. */
  readonly signature: number;
}

function adtsFrame(head: Uint8Array, at: number): Frame | undefined {
  const [, b = 0, c = 0, d = 0, e = 0, f = 0] = head.subarray(at, at + 6);
  const length = ((d & 3) << 11) | (e << 3) | (f >> 5);
  // Rates 13 and up are reserved; a frame holds at least its header.
  if (((c >> 2) & 15) > 12 || length < 7) return undefined;
  return { kind: 'aac', length, signature: ((b & 0x0e) << 8) | (c & 0xfc) };
}

function layerFrame(head: Uint8Array, at: number): Frame | undefined {
  const [, b = 0, c = 0] = head.subarray(at, at + 3);
  const version = (b >> 3) & 3; // 3 = MPEG-1, 2 = MPEG-2, 0 = MPEG-2.5, 1 = reserved
  const layer = 4 - ((b >> 1) & 3); // 1, 2, 3; 4 = reserved
  const rate = (SAMPLE_RATES[(c >> 2) & 3] ?? 0) >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const kilobits = BITRATES[layer - 1 + (version === 3 ? 0 : 3)]?.[c >> 4] ?? 0;
  if (version === 1 || layer === 4 || rate === 0 || kilobits === 0) return undefined;
  const padding = (c >> 1) & 1;
  const signature = ((b & 0x1e) << 8) | (c & 0x0c);
  if (layer === 1)
    return { kind: 'mp3', length: 4 * (Math.floor((12_000 * kilobits) / rate) + padding), signature };
  // Layer III of MPEG-2 has half as many samples a frame.
  const bytesPerKilobit = layer === 3 && version !== 3 ? 72_000 : 144_000;
  return { kind: 'mp3', length: Math.floor((bytesPerKilobit * kilobits) / rate) + padding, signature };
}

function frameAt(head: Uint8Array, at: number): Frame | undefined {
  if (head[at] !== 0xff || ((head[at + 1] ?? 0) & 0xe0) !== 0xe0) return undefined;
  // Twelve bits of sync and layer 0 mark ADTS.
  return ((head[at + 1] ?? 0) & 0xf6) === 0xf0 ? adtsFrame(head, at) : layerFrame(head, at);
}

/**
 * Whether MPEG audio frames begin at `at`. One header is eleven bits, which chance and JPEG both produce, so a
 * second one must follow where the first says, of the same version, layer and rate; or the file must end there.
 */
export function isMpegAudio(head: Uint8Array, at: number): MpegAudio | undefined {
  const first = frameAt(head, at);
  if (first === undefined) return undefined;
  const next = at + first.length;
  if (next === head.length) return first.kind;
  const second = frameAt(head, next);
  return second?.kind === first.kind && second.signature === first.signature ? first.kind : undefined;
}

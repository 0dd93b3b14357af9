/** What is wrong with an upload that was not taken, in the texts of stt-ws.md section 3. Pure. */

/** Bytes from the start of a file that are enough to read the chunks before its samples. */
export const HEAD_BYTES = 64 * 1024;
/** The smallest WAV there is: RIFF, `fmt ` and the head of `data`. */
const MIN_BYTES = 44;
const CHUNK_BYTES = 8;
/** Codec numbers of mmreg.h. */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * @param head the first bytes of the file, up to `HEAD_BYTES`
 * @param bytes of the whole file
 * @returns undefined where the original has no word for it
 */
export function damagedWav(head: Buffer, bytes: number): string | undefined {
  if (bytes < MIN_BYTES) return `WAV file too small: ${bytes} bytes`;
  if (head.toString('latin1', 0, 4) !== 'RIFF') return 'Invalid WAV: missing RIFF header';
  if (head.toString('latin1', 8, 12) !== 'WAVE') return 'Invalid WAV: missing WAVE format';
  const { format, data } = chunks(head);
  const fault = format === undefined ? undefined : unsupported(format.tag, format.bits);
  if (fault !== undefined) return fault;
  return data === undefined || data === 0 ? 'WAV file missing data chunk' : undefined;
}

function chunks(head: Buffer): { format?: { tag: number; bits: number }; data?: number } {
  let format: { tag: number; bits: number } | undefined;
  let at = 12;
  while (at + CHUNK_BYTES <= head.length) {
    const name = head.toString('latin1', at, at + 4);
    const size = head.readUInt32LE(at + 4);
    const body = at + CHUNK_BYTES;
    if (name === 'data') return { ...(format && { format }), data: Math.min(size, head.length - body) };
    if (name === 'fmt ' && size >= 16 && body + 16 <= head.length)
      format = { tag: head.readUInt16LE(body), bits: head.readUInt16LE(body + 14) };
    // Chunks are padded to an even length.
    at = body + size + (size & 1);
  }
  return { ...(format && { format }) };
}

function unsupported(tag: number, bits: number): string | undefined {
  if (tag === EXTENSIBLE) return undefined;
  if (tag !== PCM && tag !== FLOAT)
    return `Unsupported WAV format tag: ${tag}. Only PCM (1) and IEEE Float (3) are supported.`;
  if (tag === PCM && (bits === 0 || bits > 32))
    return `Unsupported PCM bit depth: ${bits}. Only 16-bit and 32-bit are supported.`;
  return tag === FLOAT && bits !== 32 && bits !== 64 ? `Unsupported float bit depth: ${bits}` : undefined;
}

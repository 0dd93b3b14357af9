/** The hash by which KenLM knows words. */

const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SHIFT = 47n;

/**
 * MurmurHash2 in 64 bits, seed 0, of a word in UTF-8. Its author, Austin Appleby, put the algorithm into the public domain:
 * https://github.com/aappleby/smhasher
 */
export function murmur64(word: string): bigint {
  const bytes = Buffer.from(word, 'utf8');
  const whole = bytes.length - (bytes.length % 8);
  let hash = times(BigInt(bytes.length), MULTIPLIER);
  for (let at = 0; at < whole; at += 8) {
    let part = times(bytes.readBigUInt64LE(at), MULTIPLIER);
    part = times(part ^ (part >> SHIFT), MULTIPLIER);
    hash = times(hash ^ part, MULTIPLIER);
  }
  if (whole < bytes.length) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8n) | BigInt(bytes[at] ?? 0);
    hash = times(hash ^ rest, MULTIPLIER);
  }
  hash = times(hash ^ (hash >> SHIFT), MULTIPLIER);
  return hash ^ (hash >> SHIFT);
}

/** A product, as 64 bits hold it. */
export function times(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a * b);
}

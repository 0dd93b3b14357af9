/** Base64 as RFC 4648 section 4 has it: its alphabet alone, and padded. Pure. */

/** Characters of the other alphabet, which Node's decoder takes as well. */
const URL_SAFE = /[-_]/;

/** The bytes; undefined for what is no strict base64: spaces, line breaks, another alphabet, padding that lacks or is too much. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || URL_SAFE.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder skips what it does not know and stops at the first padding: either shows in the length.
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

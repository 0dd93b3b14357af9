/** Audio as it comes over the realtime wire: base64 of 16-bit mono samples at 16 kHz, read as Python reads it. */

/** Bytes of one second: 16 000 samples of 2 bytes. */
export const BYTES_PER_SECOND = 32_000;
/** Of base64 characters that are no padding, as many in the last group can't be: one alone holds no byte. */
const LONELY = 1;

/**
 * Python's `base64.b64decode` skips what is no base64 (spaces, line ends), but wants whole groups of four; NumPy wants
 * whole samples; vLLM wants at least one.
 * @param {string} text
 * @returns {Buffer | undefined} undefined = `invalid_audio`
 */
export function pcmOf(text) {
  const clean = /[^A-Za-z0-9+/=]/.test(text) ? text.replace(/[^A-Za-z0-9+/=]/g, '') : text;
  const padded = clean.endsWith('==') ? 2 : clean.endsWith('=') ? 1 : 0;
  if (clean.length % 4 !== 0 || (clean.length - padded) % 4 === LONELY) return undefined;
  const pcm = Buffer.from(clean, 'base64');
  return pcm.length === 0 || pcm.length % 2 !== 0 ? undefined : pcm;
}

/**
 * From speech to ElevenLabs' documents and messages. None of our voices says when it speaks which character, so every
 * alignment is null: a made-up one would only look like one.
 */
import type { Warning } from '@vox-speech/contract';

/** A whole answer with its audio in base64, piece by piece, so that none of it waits in memory. */
export async function* withTimestamps(audio: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from('{"audio_base64":"');
  // Base64 writes three bytes at once: what is left of a piece goes with the next one.
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of audio) {
    const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole));
  }
  yield Buffer.from(`${Buffer.from(rest).toString('base64')}","alignment":null,"normalized_alignment":null}`);
}

/** The same as lines, each a document of its own. */
export async function* chunksWithTimestamps(audio: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  for await (const piece of audio)
    yield {
      audio_base64: Buffer.from(piece).toString('base64'),
      alignment: null,
      normalized_alignment: null,
    };
}

/** @param context undefined on a socket with one context */
export function audioMessage(bytes: Uint8Array, context: string | undefined, warnings: readonly Warning[]) {
  return {
    audio: Buffer.from(bytes).toString('base64'),
    isFinal: null,
    normalizedAlignment: null,
    alignment: null,
    ...contextOf(context),
    // Ours; on the first message that has room for them.
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** All of a context was said. */
export function finalMessage(context: string | undefined) {
  return { audio: null, isFinal: true, normalizedAlignment: null, alignment: null, ...contextOf(context) };
}

export function contextOf(context: string | undefined): { readonly contextId?: string } {
  return context === undefined ? {} : { contextId: context };
}

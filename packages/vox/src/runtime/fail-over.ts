/** A recording whose upstreams fail before a word of it was heard is heard by a recogniser of this machine instead. */
import { type Segment, VoxError } from '@vox-speech/contract';
import type { Transcription } from './types.js';

/** The recogniser that takes over. */
export interface Fallback {
  /** As the user wrote it. */
  readonly name: string;
  /** Throws what a request to it throws. */
  start(): Promise<Transcription>;
}

const UPSTREAM_FAULTS: readonly string[] = ['upstream_failed', 'upstream_unavailable', 'upstream_stalled'];

/**
 * What `first` gives once its first segment, or its end, is there; where an upstream's fault comes before that, what the
 * fallback gives, with a warning. Throws what `first` throws, with the fallback's reason where that fails too.
 */
export async function orFallback(
  first: () => Promise<Transcription>,
  fallback: Fallback,
  signal: AbortSignal,
): Promise<Transcription> {
  try {
    return await begun(await first());
  } catch (thrown) {
    const error = VoxError.from(thrown);
    if (signal.aborted || !UPSTREAM_FAULTS.includes(error.code)) throw thrown;
    const other = await fallback.start().catch((cause: unknown) => {
      const why = VoxError.from(cause).message;
      throw new VoxError(error.code, `${error.message}; ${fallback.name} can't take over: ${why}`, { cause });
    });
    const message = `${other.model} took over: ${error.message}`;
    return { ...other, warnings: [...other.warnings, { type: 'other', option: 'model', message }] };
  }
}

/** Waits for the first segment, or the end of a recording without one. Rejects with what comes instead. */
async function begun(transcription: Transcription): Promise<Transcription> {
  const segments = transcription.segments[Symbol.asyncIterator]();
  const head = await segments.next();
  return { ...transcription, segments: resumed(head, segments) };
}

async function* resumed(
  head: IteratorResult<Segment>,
  rest: AsyncIterator<Segment>,
): AsyncGenerator<Segment> {
  try {
    for (let next = head; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

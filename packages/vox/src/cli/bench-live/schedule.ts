/** When what is sent: real time, streams out of step with each other, and the steps of the search for the limit. */

/** Streams start at most this far apart, in ms. */
const MAX_SPACING_MS = 500;
/** Each step of the search has this many times the streams of the one before. */
const GROWTH = 1.25;

/** Packets that a speaker has spoken whole by then. @param elapsedMs since the stream began */
export function packetsDue(elapsedMs: number, packetMs: number): number {
  return Math.max(0, Math.floor(elapsedMs / packetMs));
}

/** When each stream starts, in ms: spread over one length of the audio, because callers don't speak in chorus. */
export function startTimes(streams: number, durationMs: number): number[] {
  const spacing = Math.min(MAX_SPACING_MS, durationMs / streams);
  return Array.from({ length: streams }, (_, i) => i * spacing);
}

/** The number of streams after this one. */
export function nextStep(streams: number): number {
  return Math.max(streams + 1, Math.floor(streams * GROWTH));
}

/** Segments as SubRip and WebVTT. */
import type { Segment } from '@vox-speech/contract';

/** SubRip: numbered cues, comma before the milliseconds. Segments without text make no cue. */
export function srt(segments: readonly Segment[]): string {
  return cues(segments)
    .map(
      ({ start, end, text }, index) => `${index + 1}\n${time(start, ',')} --> ${time(end, ',')}\n${text}\n\n`,
    )
    .join('');
}

/** WebVTT: `&`, `<` and `>` are escaped, because they would start a tag or end the cue's time line. */
export function vtt(segments: readonly Segment[]): string {
  const body = cues(segments).map(
    ({ start, end, text }) => `${time(start, '.')} --> ${time(end, '.')}\n${escaped(text)}\n\n`,
  );
  return `WEBVTT\n\n${body.join('')}`;
}

interface Cue {
  /** Whole ms. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function cues(segments: readonly Segment[]): Cue[] {
  return segments
    .map(({ startMs, endMs, text }) => {
      const start = Math.max(0, Math.round(startMs));
      // A cue of no length is never shown; an empty line inside a cue would end it.
      return {
        start,
        end: Math.max(start + 1, Math.round(endMs)),
        text: text.trim().replace(/\s*\n\s*/g, '\n'),
      };
    })
    .filter(({ text }) => text !== '');
}

/** `HH:MM:SS,mmm`; hours take more digits after 99. */
function time(ms: number, separator: string): string {
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  const seconds = Math.floor(ms / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${clock.map((part) => pad(part, 2)).join(':')}${separator}${pad(ms % 1000, 3)}`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

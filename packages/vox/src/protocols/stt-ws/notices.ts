/** Notices that wait for the next message. Bounded: drops in a row are one notice, of others the first few are kept. */
import type { LiveEvent, Warning } from '@vox-speech/contract';
import type { Notice } from './render.js';

const MOST = 20;

export class Notices {
  #notices: Notice[] = [];
  #dropped: { from: number; to: number; frames: number } | undefined;

  warn(warning: Warning): void {
    if (this.#notices.length >= MOST) return;
    const { type, option, message } = warning;
    this.#notices.push({ type, ...(option === undefined ? {} : { option }), message });
  }

  drop({ fromMs, toMs, frames }: Extract<LiveEvent, { type: 'dropped' }>): void {
    const before = this.#dropped;
    this.#dropped = {
      from: before?.from ?? fromMs,
      to: toMs,
      frames: (before?.frames ?? 0) + frames,
    };
  }

  /** All that wait; afterwards none does. */
  take(): Notice[] {
    const taken = this.#notices;
    this.#notices = [];
    if (this.#dropped === undefined) return taken;
    const { from, to, frames } = this.#dropped;
    this.#dropped = undefined;
    const message = `audio between ${from} and ${to} ms was not heard: it came in faster than it could be`;
    return [...taken, { type: 'dropped', message, from_ms: from, to_ms: to, frames }];
  }
}

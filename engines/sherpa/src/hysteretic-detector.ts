/** Speech that begins where one detector is sure of it, and goes on as long as a second, less strict one hears it. */
import type { SpeechDetector, SpeechSpan } from '@vox-speech/contract';

export class HystereticDetector implements SpeechDetector {
  readonly #strict: SpeechDetector;
  readonly #lax: SpeechDetector;
  readonly #window: number;
  /** Where the open stretch begins: in it the strict one was sure. */
  #since: number | undefined;
  /** End of the last stretch: the next one does not begin before. */
  #ended = 0;

  /**
   * @param lax hears all that `strict` hears
   * @param window samples in which the two are compared
   */
  constructor(strict: SpeechDetector, lax: SpeechDetector, window: number) {
    this.#strict = strict;
    this.#lax = lax;
    this.#window = window;
  }

  accept(samples: Float32Array): SpeechSpan[] {
    const spans: SpeechSpan[] = [];
    for (let at = 0; at < samples.length; at += this.#window) {
      const piece = samples.subarray(at, at + this.#window);
      this.#strict.accept(piece);
      const heard = this.#lax.accept(piece);
      const sure = this.#strict.openSince();
      if (sure !== undefined) this.#since ??= Math.max(sure, this.#ended);
      spans.push(...this.#end(heard));
    }
    return spans;
  }

  flush(): SpeechSpan[] {
    this.#strict.flush();
    return this.#end(this.#lax.flush());
  }

  openSince(): number | undefined {
    return this.#lax.openSince() === undefined ? undefined : this.#since;
  }

  reset(): void {
    this.#since = undefined;
    this.#ended = 0;
    this.#strict.reset();
    this.#lax.reset();
  }

  close(): void {
    this.#strict.close();
    this.#lax.close();
  }

  #end(heard: readonly SpeechSpan[]): SpeechSpan[] {
    const spans: SpeechSpan[] = [];
    for (const { start, end } of heard) {
      const since = this.#since;
      this.#ended = end;
      if (since === undefined || since >= end) continue;
      this.#since = undefined;
      spans.push({ start: Math.max(start, since), end });
    }
    return spans;
  }
}

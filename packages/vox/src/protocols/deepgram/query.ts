/** Reading Deepgram's query parameters: repeated names, booleans in any case, numbers in their range. Pure. */
import { VoxError } from '@vox-speech/contract';

export class Query {
  readonly #values: URLSearchParams;

  /** @param target the request's path with its query string */
  constructor(target: string) {
    const at = target.indexOf('?');
    this.#values = new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
  }

  /** The last value of a name, trimmed; '' where it is absent. */
  text(name: string): string {
    return this.#values.getAll(name).at(-1)?.trim() ?? '';
  }

  /** All values of a name, without empty ones. */
  all(name: string): string[] {
    return this.#values
      .getAll(name)
      .map((value) => value.trim())
      .filter((value) => value !== '');
  }

  /** Is a feature asked for? Anything but an empty value and `false`. */
  asked(name: string): boolean {
    return this.all(name).some((value) => value.toLowerCase() !== 'false');
  }

  /** `true` or `false`, in any case, as Python writes them too. Throws `invalid_request`. */
  flag(name: string, fallback = false): boolean {
    const value = this.text(name).toLowerCase();
    if (value === '') return fallback;
    if (value === 'true' || value === 'false') return value === 'true';
    throw wrong(name, 'true or false', value);
  }

  /** A whole number; undefined where it is absent. Throws `invalid_request`. */
  whole(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw wrong(name, `a whole number from ${min} to ${max}`, text);
  }
}

/** The error for a parameter with a value that is none of its own. */
export function wrong(name: string, allowed: string, got: string): VoxError {
  return new VoxError(
    'invalid_request',
    `${name} must be ${allowed}; got ${JSON.stringify(got.slice(0, 60))}`,
    { param: name },
  );
}

/** Streaming change of sample rate: a windowed-sinc low-pass evaluated only where an output sample falls. */
import { VoxError } from '@vox-speech/contract';
import { type FilterBank, filterBank } from './filter-bank.js';
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './wav-format.js';

const NO_SAMPLES = new Float32Array(0);
/** Input samples that are worked on at a time; with the filter's length this bounds the memory of a stream. */
const BLOCK = 8192;

function checkRate(name: string, value: number): void {
  if (!Number.isInteger(value) || value < MIN_SAMPLE_RATE || value > MAX_SAMPLE_RATE)
    throw new VoxError(
      'invalid_request',
      `${name} must be a whole number from ${MIN_SAMPLE_RATE} to ${MAX_SAMPLE_RATE} Hz, not ${value}`,
      { param: name },
    );
}

/**
 * Resamples one mono stream. Output sample n is the signal at n / outputRate seconds: the filter's delay is taken
 * out, with silence before the first and after the last sample. However the input is cut into pushes, the output is the same to the
 * bit, and `round(samples * outputRate / inputRate)` long. Equal rates pass the arrays through untouched.
 */
export class Resampler {
  readonly #bank: FilterBank | undefined;
  readonly #up: number;
  readonly #down: number;
  /** Input samples from `#first` on, of which `#filled` are valid. */
  readonly #buffer: Float32Array;
  #filled = 0;
  /** Position in the stream of the buffer's first sample; negative before the start. */
  #first = 0;
  #received = 0;
  #produced = 0;
  /** Where the next output falls: sample `#position` of the input plus `#phase / #up` of a sample. */
  #position = 0;
  #phase = 0;

  /**
   * @param inputRate Hz
   * @param outputRate Hz
   * @throws VoxError `invalid_request` for a rate outside 1000..384000
   */
  constructor(inputRate: number, outputRate: number) {
    checkRate('inputRate', inputRate);
    checkRate('outputRate', outputRate);
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#up = outputRate / divisor;
    this.#down = inputRate / divisor;
    this.#bank = inputRate === outputRate ? undefined : filterBank(this.#up, this.#down);
    const half = (this.#bank?.taps ?? 0) / 2;
    this.#buffer = new Float32Array(this.#bank === undefined ? 0 : 2 * half + BLOCK);
    this.reset();
  }

  /** Forgets everything, for a new stream at the same rates. */
  reset(): void {
    const half = (this.#bank?.taps ?? 0) / 2;
    this.#first = -half;
    this.#filled = half;
    this.#buffer.fill(0);
    this.#received = 0;
    this.#produced = 0;
    this.#position = 0;
    this.#phase = 0;
  }

  /** The samples whose filter window these inputs complete: a new array (the same one at equal rates), possibly empty. */
  push(samples: Float32Array): Float32Array {
    if (this.#bank === undefined) return samples;
    const half = this.#bank.taps / 2;
    this.#received += samples.length;
    // Output n needs inputs up to floor(n * down / up) + half.
    const ready = Math.ceil(((this.#received - half) * this.#up) / this.#down);
    return this.#run(samples, Math.max(0, ready - this.#produced));
  }

  /** What is left when no more input comes. Then the stream is new again. */
  flush(): Float32Array {
    if (this.#bank === undefined) return NO_SAMPLES;
    const total = Math.round((this.#received * this.#up) / this.#down);
    const silence = new Float32Array(this.#bank.taps / 2 + 1);
    const rest = this.#run(silence, Math.max(0, total - this.#produced));
    this.reset();
    return rest;
  }

  #run(samples: Float32Array, count: number): Float32Array {
    const output = new Float32Array(count);
    let written = 0;
    let at = 0;
    let room: number;
    do {
      this.#dropOld();
      room = Math.min(this.#buffer.length - this.#filled, samples.length - at);
      this.#buffer.set(samples.subarray(at, at + room), this.#filled);
      this.#filled += room;
      at += room;
      written += this.#filter(output.subarray(written));
      // No room: a flush has all its output, and the rest of the silence is not needed.
    } while (at < samples.length && room > 0);
    this.#produced += written;
    return output;
  }

  /** Moves what the next output still needs to the front of the buffer. */
  #dropOld(): void {
    const half = (this.#bank?.taps ?? 0) / 2;
    const old = Math.min(this.#filled, this.#position - half + 1 - this.#first);
    if (old <= 0) return;
    this.#buffer.copyWithin(0, old, this.#filled);
    this.#filled -= old;
    this.#first += old;
  }

  /** As many outputs as the buffer allows and `output` has room for. */
  #filter(output: Float32Array): number {
    const bank = this.#bank;
    if (bank === undefined) return 0;
    const wholeStep = Math.floor(this.#down / this.#up);
    const phaseStep = this.#down % this.#up;
    const half = bank.taps / 2;
    const last = this.#first + this.#filled - 1 - half;
    let position = this.#position;
    let phase = this.#phase;
    let n = 0;
    for (; n < output.length && position <= last; n++) {
      const start = position - half + 1 - this.#first;
      output[n] = bank.apply(this.#buffer, start, phase);
      position += wholeStep;
      phase += phaseStep;
      if (phase >= this.#up) {
        phase -= this.#up;
        position++;
      }
    }
    this.#position = position;
    this.#phase = phase;
    return n;
  }
}

/**
 * A whole signal at another rate.
 * @throws VoxError `invalid_request` for a rate outside 1000..384000 Hz
 */
export function resample(samples: Float32Array, inputRate: number, outputRate: number): Float32Array {
  const resampler = new Resampler(inputRate, outputRate);
  if (inputRate === outputRate) return samples;
  const body = resampler.push(samples);
  const tail = resampler.flush();
  const all = new Float32Array(body.length + tail.length);
  all.set(body);
  all.set(tail, body.length);
  return all;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

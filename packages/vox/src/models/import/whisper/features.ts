/**
 * Whisper's features as a graph: `samples` [n] at 16 kHz, n at least `FEWEST_SAMPLES`, to `mel` [1, mels, n / 160 rounded down],
 * one frame each 10 ms. They are those of OpenAI's `log_mel_spectrogram` (whisper/audio.py) over the clip alone. The discrete
 * Fourier transform is two products of matrices, which ONNX Runtime does faster than a convolution: 0.4 ms a second of audio.
 */
import { floats, GraphBuilder, scalar } from '../onnx/index.js';
import { melBank } from './mel-bank.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Samples of a frame and between two frames (N_FFT and HOP_LENGTH of whisper/audio.py): 25 and 10 ms. */
const FRAME = 400;
const HOP = 160;
/** Frames are centred: the first one has so many samples mirrored before the clip. */
const BEFORE = FRAME / 2;
/** As many behind the clip, without the last hop: Whisper leaves the last frame out. */
const AFTER = BEFORE - HOP;
/** A mirror shows no sample twice. */
export const FEWEST_SAMPLES = BEFORE + 1;
/** Frequencies in units of 40 Hz but the first and the last, 0 and 8000 Hz: no band has them. */
const FREQUENCIES = Array.from({ length: FRAME / 2 - 1 }, (_, i) => i + 1);
/** Of whisper/audio.py: the faintest power that is told apart, and how far below the loudest, as powers of ten. */
const FAINTEST = 1e-10;
const DEPTH = 8;
/** whisper/audio.py: (x + 4) / 4. */
const OFFSET = 4;
const SCALE = 4;

/** The features' graph, for 80 or 128 bands. */
export function buildFeatures(mels: number): GraphBuilder {
  const g = new GraphBuilder('whisper-features', 17);
  const folded = fold(g, frames(g, g.input('samples', 'float32', ['samples'])));
  const squares = [
    square(g, g.node('MatMul', [folded.even, waves(g, 'cosines', Math.cos)])),
    square(g, g.node('MatMul', [folded.odd, waves(g, 'sines', Math.sin)])),
  ];
  const power = g.node('MatMul', [g.node('Add', squares), bands(g, mels)]);
  const logarithms = g.node('Log', [g.node('Max', [power, g.constant('faintest', scalar(FAINTEST))])]);
  const scaled = g.node('Mul', [logarithms, g.constant('scale', scalar(Math.LOG10E / SCALE))]);
  const features = g.node('Add', [scaled, g.constant('offset', scalar(OFFSET / SCALE))]);
  const loudest = g.node('ReduceMax', [features], { attributes: { keepdims: 1 } });
  const floor = g.node('Sub', [loudest, g.constant('depth', scalar(DEPTH / SCALE))]);
  const turned = g.node('Transpose', [g.node('Max', [features, floor])], { attributes: { perm: [1, 0] } });
  g.node('Unsqueeze', [turned, g.integers(0)], { outputs: ['mel'] });
  g.output('mel', 'float32', [1, mels, 'frames']);
  return g;
}

/** Frames [n / 160, 400] of the samples: two hops, and the half of one. */
function frames(g: GraphBuilder, samples: string): string {
  const mirrored = g.node('Pad', [samples, g.integers(BEFORE, AFTER)], { attributes: { mode: 'reflect' } });
  // Whole hops, of which the last half is in no frame.
  const more = g.node('Pad', [mirrored, g.integers(0, FRAME % HOP)]);
  const length = g.node('Mul', [g.node('Div', [g.node('Shape', [more]), g.integers(HOP)]), g.integers(HOP)]);
  const hops = g.node('Reshape', [
    g.node('Slice', [more, g.integers(0), length, g.integers(0)]),
    g.integers(-1, HOP),
  ]);
  const from = (first: number, end: number): string =>
    g.node('Slice', [hops, g.integers(first), g.integers(end), g.integers(0)]);
  const rest = g.node('Slice', [hops, g.integers(2, 0), g.integers(Number.MAX_SAFE_INTEGER, FRAME % HOP)]);
  return g.node('Concat', [from(0, -2), from(1, -1), rest], { attributes: { axis: 1 } });
}

/**
 * Cosines are the same on both sides of a frame's middle, and sines the opposite, so the two sides are added and subtracted
 * first, which halves the products: [n / 160, 200] each, sample `1 + i` with sample `399 - i`. Sample 0 is none to the window.
 */
function fold(g: GraphBuilder, frames: string): { even: string; odd: string } {
  const last = FRAME - 1;
  const axis = g.integers(1);
  const left = g.node('Slice', [frames, g.integers(1), g.integers(1 + FRAME / 2), axis]);
  const right = g.node('Slice', [
    frames,
    g.integers(last),
    g.integers(last - FRAME / 2),
    axis,
    g.integers(-1),
  ]);
  return { even: g.node('Add', [left, right]), odd: g.node('Sub', [left, right]) };
}

/** The cosine or sine of each frequency under a Hann window (torch.hann_window, a periodic one), up to the middle: [200, 199]. */
function waves(g: GraphBuilder, name: string, wave: (angle: number) => number): string {
  const values: number[] = [];
  for (let sample = 1; sample <= FRAME / 2; sample++) {
    // The middle is added to itself.
    const window = Math.sin((Math.PI * sample) / FRAME) ** 2 / (sample === FRAME / 2 ? 2 : 1);
    for (const frequency of FREQUENCIES) {
      // Whole turns are left out first, which keeps the angle exact.
      values.push(window * wave((2 * Math.PI * ((frequency * sample) % FRAME)) / FRAME));
    }
  }
  return g.constant(name, floats(values, [FRAME / 2, FREQUENCIES.length]));
}

function square(g: GraphBuilder, value: string): string {
  return g.node('Mul', [value, value]);
}

/** How much each frequency gives to each band: [199, mels]. */
function bands(g: GraphBuilder, mels: number): string {
  const hertz = FREQUENCIES.map((frequency) => (frequency * SAMPLE_RATE) / FRAME);
  return g.constant('bands', floats(melBank(mels, hertz, SAMPLE_RATE / 2), [FREQUENCIES.length, mels]));
}

/**
 * The silence behind the audio. Whisper was trained on windows of 30 s that end in silence, and knows by it that nothing more
 * is said. sherpa-onnx adds 10 s of zeros to every clip, of 1 s too; computing them is most of the work for a short one, and
 * zeros are not silence to Whisper, but a hum. So the encoder puts silence in their place, and computes one position of it in
 * `COUNT`, which counts that often wherever it is attended to. How much of what Whisper hears changes by that: decision 0009.
 */
import { integers, scalar } from '../onnx/index.js';
import type { WhisperGraph } from './layers.js';

/** Silence in the features, under the loudest: Whisper cuts them 8 orders of magnitude below it, and divides by 4. */
const DEPTH = 2;
/** Frames of silence that are computed one by one, for what the audio's last sound does to them: 160 ms. */
const NEAR_FRAMES = 16;
/** Positions at the end of those that the end of the frames is felt in: two convolutions of three. */
const EDGE = 2;
/** Positions of the silence behind those that one position stands for: the 30 s are full with 112 more at most. */
const COUNT = 12;

/** Every position that the encoder computes, and how many each stands for. */
export interface CountedPositions {
  /** [1, T, state]. */
  readonly values: string;
  /** Logarithms of the numbers of positions, [1, T, 1, 1]. */
  readonly counts: string;
}

/** `mel` [1, mels, frames] with a little silence where it ends or its padding of zeros begins. */
export function endInSilence(g: WhisperGraph, mel: string): string {
  const sizes = g.node('ReduceMax', [g.node('Abs', [mel])], { attributes: { axes: [0, 1], keepdims: 0 } });
  const sounding = g.cast(g.node('Greater', [sizes, none(g)]), 'int64');
  const audio = g.node('Slice', [mel, g.integers(0), g.node('ReduceSum', [sounding]), g.integers(2)]);
  const loudest = g.node('ReduceMax', [audio], { attributes: { keepdims: 1 } });
  const silence = g.node('Sub', [loudest, g.constant('depth of silence', scalar(DEPTH))]);
  const near = g.node('Expand', [silence, g.integers(1, g.shape.mels, NEAR_FRAMES)]);
  return g.node('Concat', [audio, near], { attributes: { axis: 2 } });
}

/** Positions of audio that ends in silence [1, T, state], with their encodings, and more silence behind them. */
export function withFarSilence(g: WhisperGraph, convolved: string): CountedPositions {
  const encodings = g.weight('encoder/position_encodings/encodings');
  const slice = (value: string, from: string, to: string, axis: number): string =>
    g.node('Slice', [value, from, to, g.integers(axis)]);
  const plain = (value: string): string => g.node('Squeeze', [value, g.integers(0)]);
  const length = slice(g.node('Shape', [convolved]), g.integers(1), g.integers(2), 0);
  const end = g.node('Sub', [length, g.integers(EDGE)]);
  const near = g.add(slice(convolved, g.integers(0), end, 1), slice(encodings, g.integers(0), end, 0));
  // The middle one of each few, up to the end of the window.
  const places = g.node('Range', [
    plain(g.add(end, g.integers(COUNT / 2))),
    g.constant('end of the window', integers([g.shape.audioContext], [])),
    g.constant('count', integers([COUNT], [])),
  ]);
  const silent = slice(convolved, g.node('Sub', [end, g.integers(1)]), end, 1);
  const far = g.add(silent, g.node('Gather', [encodings, places]));
  const counts = [
    g.node('Expand', [none(g), end]),
    g.node('Expand', [g.constant('log count', scalar(Math.log(COUNT))), g.node('Shape', [places])]),
  ];
  return {
    values: g.node('Concat', [near, far], { attributes: { axis: 1 } }),
    counts: g.node('Reshape', [
      g.node('Concat', counts, { attributes: { axis: 0 } }),
      g.integers(1, -1, 1, 1),
    ]),
  };
}

/**
 * A score of attention is the product of a query and a key. With one number more in each head, 1 in the query and the logarithm
 * of a count in the key, the softmax has the key that many times.
 */
export const COUNTED = 1;

/** Queries [N, n, state] with the number that counts: [N, n, heads × (head size + 1)]. */
export function countingQueries(g: WhisperGraph, queries: string): string {
  const ones = [g.integers(0, 0, 0, 0, 0, 0, 0, COUNTED), g.constant('1', scalar(1))];
  return joined(g, g.node('Pad', [g.split(queries), ...ones]));
}

/** Keys [1, T, state] with their counts: [1, T, heads × (head size + 1)]. */
export function countedKeys(g: WhisperGraph, keys: string, counts: string): string {
  const each = g.node('Expand', [counts, g.integers(1, 1, g.shape.heads, COUNTED)]);
  return joined(g, g.node('Concat', [g.split(keys), each], { attributes: { axis: 3 } }));
}

function joined(g: WhisperGraph, value: string): string {
  return g.node('Reshape', [value, g.integers(0, -1, g.shape.heads * (g.shape.headSize + COUNTED))]);
}

function none(g: WhisperGraph): string {
  return g.constant('none', scalar(0));
}

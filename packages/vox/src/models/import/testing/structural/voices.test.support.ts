/**
 * Structural Matcha, Kitten, Supertonic, Pocket and ZipVoice. They speak a steady level: as long as the text, as loud as the
 * speaker, the language or the recording makes them, so that a test can tell whether those arrived.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphBuilder } from '../../onnx/index.js';
import {
  choose,
  filled,
  meanOver,
  named,
  number,
  reshape,
  setMetadata,
  sizeOf,
  slice,
  writeGraph,
  writeTokens,
} from './graphs.test.support.js';

/** Symbols of espeak-ng that any English text gives, and the marks around them. */
const PHONEMES = [..."_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕəɚɛɜɟɡɪɫɬɹɾʃʊʌʒʔʰʲˈˌːθᵻ"];
/** Samples that a symbol lasts. */
const SYMBOL_SAMPLES = 256;

const size = (graph: GraphBuilder, value: string, axis: number): string =>
  graph.cast(sizeOf(graph, value, axis), 'float32');
/** A value repeated to a shape of one-element lists of 64-bit integers. */
const spread = (graph: GraphBuilder, value: string, shape: readonly string[], name: string): string =>
  graph.node('Expand', [value, graph.node('Concat', shape, { attributes: { axis: 0 } })], {
    outputs: [name],
  });
const whole = (graph: GraphBuilder, value: string): string =>
  graph.cast(graph.node('Ceil', [value]), 'int64');
/** The first number of a value of any shape, as [1]. */
const firstOf = (graph: GraphBuilder, value: string): string =>
  slice(graph, reshape(graph, value, -1), 0, { end: 1 });

/** Two speakers, of level 0.1 and 0.3. */
export async function writeKitten(directory: string): Promise<void> {
  await writeTokens(directory, PHONEMES);
  await writeFile(join(directory, 'voices.bin'), new Uint8Array(Float32Array.of(0.1, 0, 0.3, 0).buffer));
  await writeGraph(directory, 'model.fp16.onnx', (graph) => {
    setMetadata(graph, {
      model_type: 'kitten-tts',
      sample_rate: 24_000,
      n_speakers: 2,
      has_espeak: 1,
      voice: 'en-us',
      version: 1,
      style_dim: '1,2',
      speaker_names: 'expr-voice-2-m,expr-voice-2-f',
    });
    const ids = graph.input('input_ids', 'int64', [1, 'T']);
    const style = graph.input('style', 'float32', [1, 2]);
    const speed = graph.input('speed', 'float32', [1]);
    const samples = graph.node('Div', [
      graph.node('Mul', [size(graph, ids, 1), number(graph, SYMBOL_SAMPLES)]),
      speed,
    ]);
    spread(graph, firstOf(graph, style), [whole(graph, samples)], 'waveform');
    graph.output('waveform', 'float32', ['N']);
  });
}

/** A vocoder whose every frame is a spectrum of one level: the mean of the frame's mel. */
async function writeVocos(directory: string, name: string, mels: number): Promise<void> {
  await writeGraph(directory, name, (graph) => {
    setMetadata(graph, { model_type: 'vocos', n_fft: 1024, hop_length: SYMBOL_SAMPLES, win_length: 1024 });
    const level = meanOver(graph, graph.input('mels', 'float32', ['B', mels, 'F']), 1);
    const bins = graph.constant('first', {
      ...filled(0, 1, 513, 1),
      chunks: () => [new Uint8Array(Float32Array.from({ length: 513 }, (_, at) => (at < 40 ? 1 : 0)).buffer)],
    });
    graph.node('Mul', [graph.node('Abs', [level]), bins], { outputs: ['mag'] });
    const one = graph.node('Add', [graph.node('Mul', ['mag', number(graph, 0)]), number(graph, 1)]);
    named(graph, one, 'x');
    named(graph, graph.node('Mul', ['mag', number(graph, 0)]), 'y');
    for (const output of ['mag', 'x', 'y']) graph.output(output, 'float32', ['B', 513, 'F']);
  });
}

export async function writeMatcha(directory: string): Promise<void> {
  await writeTokens(directory, PHONEMES);
  await writeVocos(directory, 'vocos-22khz-univ.onnx', 80);
  await writeGraph(directory, 'model-steps-3.onnx', (graph) => {
    setMetadata(graph, {
      model_type: 'matcha-tts',
      sample_rate: 22_050,
      n_speakers: 1,
      version: 1,
      jieba: 0,
      has_espeak: 1,
      voice: 'en-us',
      add_blank: 0,
      pad_id: 0,
      use_eos_bos: 0,
    });
    const x = graph.input('x', 'int64', ['N', 'L']);
    graph.input('x_length', 'int64', ['N']);
    graph.input('noise_scale', 'float32', [1]);
    const stretch = graph.input('length_scale', 'float32', [1]);
    const frames = whole(graph, graph.node('Mul', [size(graph, x, 1), stretch]));
    const level = graph.constant('level', filled(200, 1, 1, 1));
    spread(graph, level, [graph.integers(1), graph.integers(80), frames], 'mel');
    graph.output('mel', 'float32', ['N', 80, 'F']);
  });
}

/** It makes as many frames after the recording as the text has symbols, each as loud as the recording. */
export async function writeZipVoice(directory: string): Promise<void> {
  await writeTokens(directory, PHONEMES);
  await writeFile(join(directory, 'lexicon.txt'), 'hello h ə l o\n');
  await writeVocos(directory, 'vocos_24khz.onnx', 100);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    setMetadata(graph, { model_type: 'zipvoice', use_espeak: 1 });
    const tokens = graph.input('tokens', 'int64', ['N', 'T']);
    graph.input('prompt_tokens', 'int64', ['N', 'P']);
    const prompt = graph.cast(graph.input('prompt_features_len', 'int64', []), 'float32');
    const speed = graph.input('speed', 'float32', []);
    const frames = graph.node('Add', [
      reshape(graph, prompt, 1),
      graph.node('Ceil', [graph.node('Div', [size(graph, tokens, 1), reshape(graph, speed, 1)])]),
    ]);
    const zero = graph.constant('zero', filled(0, 1, 1, 1));
    spread(graph, zero, [graph.integers(1), whole(graph, frames), graph.integers(100)], 'text_condition');
    graph.output('text_condition', 'float32', ['N', 'F', 100]);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    setMetadata(graph, {
      feat_dim: 100,
      sample_rate: 24_000,
      n_fft: 1024,
      hop_length: 256,
      window_length: 1024,
      num_mels: 100,
    });
    graph.input('t', 'float32', []);
    const x = graph.input('x', 'float32', ['N', 'F', 100]);
    graph.input('text_condition', 'float32', ['N', 'F', 100]);
    const speech = graph.input('speech_condition', 'float32', ['N', 'F', 100]);
    graph.input('guidance_scale', 'float32', []);
    // Towards the recording's mean level from wherever it is.
    const level = meanOver(graph, meanOver(graph, speech, 1), 2);
    named(graph, graph.node('Sub', [level, x]), 'v');
    graph.output('v', 'float32', ['N', 'F', 100]);
  });
}

/** Three speakers, of level 0.1, 0.2 and 0.3. */
export async function writeSupertonic(directory: string): Promise<void> {
  const sizes = BigInt64Array.of(3n, 1n, 1n, 3n, 1n, 1n);
  const styles = Float32Array.of(0.1, 0.2, 0.3, 1, 1, 1);
  await writeFile(
    join(directory, 'voice.bin'),
    Buffer.concat([new Uint8Array(sizes.buffer), new Uint8Array(styles.buffer)]),
  );
  await writeFile(
    join(directory, 'unicode_indexer.bin'),
    new Uint8Array(Int32Array.from({ length: 65_536 }, (_, at) => at).buffer),
  );
  await writeFile(
    join(directory, 'tts.json'),
    JSON.stringify({
      ae: { sample_rate: 44_100, base_chunk_size: 512 },
      ttl: { chunk_compress_factor: 2, latent_dim: 2 },
    }),
  );
  await writeGraph(directory, 'duration_predictor.int8.onnx', (graph) => {
    const ids = graph.input('text_ids', 'int64', ['B', 'L']);
    graph.input('style_dp', 'float32', ['B', 1, 1]);
    graph.input('text_mask', 'float32', ['B', 1, 'L']);
    graph.node('Mul', [size(graph, ids, 1), number(graph, 0.05)], { outputs: ['duration'] });
    graph.output('duration', 'float32', ['B']);
  });
  await writeGraph(directory, 'text_encoder.int8.onnx', (graph) => {
    const ids = graph.cast(graph.input('text_ids', 'int64', ['B', 'L']), 'float32');
    graph.input('style_ttl', 'float32', ['B', 1, 1]);
    graph.input('text_mask', 'float32', ['B', 1, 'L']);
    named(graph, reshape(graph, ids, 1, 1, -1), 'text_emb');
    graph.output('text_emb', 'float32', ['B', 1, 'L']);
  });
  await writeGraph(directory, 'vector_estimator.int8.onnx', (graph) => {
    const latent = graph.input('noisy_latent', 'float32', ['B', 4, 'F']);
    const text = graph.input('text_emb', 'float32', ['B', 1, 'L']);
    const style = graph.input('style_ttl', 'float32', ['B', 1, 1]);
    graph.input('latent_mask', 'float32', ['B', 1, 'F']);
    graph.input('text_mask', 'float32', ['B', 1, 'L']);
    graph.input('current_step', 'float32', ['B']);
    graph.input('total_step', 'float32', ['B']);
    // The text begins with the language in angle brackets: Korean (`k`) is half as loud.
    const letter = slice(graph, text, 2, { start: 1, end: 2 });
    const korean = graph.cast(graph.node('Equal', [letter, number(graph, 107)]), 'float32');
    const level = graph.node('Mul', [style, choose(graph, korean, number(graph, 0.5), number(graph, 1))]);
    named(
      graph,
      graph.node('Add', [graph.node('Mul', [latent, number(graph, 0)]), level]),
      'denoised_latent',
    );
    graph.output('denoised_latent', 'float32', ['B', 4, 'F']);
  });
  await writeGraph(directory, 'vocoder.int8.onnx', (graph) => {
    const latent = graph.input('latent', 'float32', ['B', 4, 'F']);
    const samples = graph.node('Mul', [sizeOf(graph, latent, 2), graph.integers(1024)]);
    spread(graph, reshape(graph, firstOf(graph, latent), 1, 1), [graph.integers(1), samples], 'wav_tts');
    graph.output('wav_tts', 'float32', ['B', 'N']);
  });
}

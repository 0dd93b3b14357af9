/** The metadata by which sherpa-onnx knows a Whisper encoder. */
import { VoxError } from '@vox-speech/contract';
import type { WhisperSettings, WhisperShape } from './checkpoint.js';
import type { Vocabulary } from './tokens.js';

/** From this size on a vocabulary has the language tokens; English-only models have 51864. */
const MULTILINGUAL_VOCABULARY = 51865;

export interface Languages {
  /** Codes as Whisper spells them (`en`, `yue`, `jw`), and their tokens, in the same order; empty for English-only models. */
  readonly codes: readonly string[];
  readonly tokens: readonly number[];
}

/** The languages of a checkpoint: the special tokens of two or three letters between start of transcript and translate. */
export function languagesOf(vocabulary: Vocabulary, shape: WhisperShape): Languages {
  if (shape.vocabularySize < MULTILINGUAL_VOCABULARY) return { codes: [], tokens: [] };
  const first = tokenNumber(vocabulary, '<|startoftranscript|>');
  const last = tokenNumber(vocabulary, '<|translate|>');
  const found = [...vocabulary.special]
    .filter(([token, id]) => /^<\|[a-z]{2,3}\|>$/.test(token) && id > first && id < last)
    .sort(([, a], [, b]) => a - b);
  if (found.length === 0)
    throw new VoxError('model_broken', 'the vocabulary has no language tokens; pull the model again');
  return { codes: found.map(([token]) => token.slice(2, -2)), tokens: found.map(([, id]) => id) };
}

/** Number of a special token. Throws VoxError `model_broken` when none of the names is there. */
export function tokenNumber(vocabulary: Vocabulary, ...names: readonly string[]): number {
  for (const name of names) {
    const id = vocabulary.special.get(name);
    if (id !== undefined) return id;
  }
  throw new VoxError(
    'model_broken',
    `the vocabulary has no token ${names.join(' or ')}; pull the model again`,
  );
}

/** Keys are sherpa-onnx's (offline-whisper-model.cc); `name` is the size, e.g. `base.en`. */
export function encoderMetadata(
  name: string,
  shape: WhisperShape,
  settings: WhisperSettings,
  vocabulary: Vocabulary,
): Map<string, string> {
  const special = (...names: string[]): number => tokenNumber(vocabulary, ...names);
  const languages = languagesOf(vocabulary, shape);
  const [language] = languages.tokens;
  const start = special('<|startoftranscript|>');
  const blank = [...vocabulary.text].find(([, token]) => token === 'Ġ')?.[0];
  if (blank === undefined)
    throw new VoxError('model_broken', 'the vocabulary has no token for a space; pull the model again');
  const values: Record<string, string | number> = {
    model_type: `whisper-${name}`,
    version: 1,
    maintainer: 'k2-fsa',
    n_mels: shape.mels,
    n_audio_ctx: shape.audioContext,
    n_audio_state: shape.state,
    n_audio_head: shape.heads,
    n_audio_layer: shape.audioLayers,
    n_vocab: shape.vocabularySize,
    n_text_ctx: shape.textContext,
    n_text_state: shape.state,
    n_text_head: shape.heads,
    n_text_layer: shape.textLayers,
    sot_sequence: (language === undefined ? [start] : [start, language, special('<|transcribe|>')]).join(),
    all_language_tokens: languages.tokens.join(),
    all_language_codes: languages.codes.join(),
    sot: start,
    sot_index: 0,
    eot: special('<|endoftext|>'),
    blank_id: blank,
    is_multilingual: language === undefined ? 0 : 1,
    no_speech: special('<|nospeech|>', '<|nocaptions|>'),
    non_speech_tokens: settings.suppressedTokens.join(),
    transcribe: special('<|transcribe|>'),
    translate: special('<|translate|>'),
    sot_prev: special('<|startofprev|>'),
    sot_lm: special('<|startoflm|>'),
    no_timestamps: special('<|notimestamps|>'),
    n_alignment_heads: settings.alignmentHeads.length,
  };
  return new Map(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

/**
 * Kokoro: one model, 54 voices of nine accents. Each voice reads by the phonemes of its own language, told with each
 * call, so all of them share one synthesiser and its memory.
 */
import { type LoadOptions, type Model, type ModelFiles, type Voice, VoxError } from '@vox-speech/contract';
import { requireFile, requireModel, requirePhonemeData, requireTokens } from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer } from './synthesizer.js';
import { speakersOf } from './voices.js';

/**
 * The voice of espeak-ng that makes the phonemes of a language, by its file's name: a name of another kind (`en-gb`,
 * `fr-fr`) is not found, and the call fails. `en` is the British one.
 */
const PHONEMES: Readonly<Record<string, string>> = {
  en: 'en-us',
  'en-us': 'en-us',
  'en-gb': 'en',
  es: 'es',
  fr: 'fr',
  hi: 'hi',
  it: 'it',
  pt: 'pt-br',
  'pt-br': 'pt-br',
};

/**
 * What the voices of the other languages do: their phonemes come from dictionaries that no source of ours carries, and
 * espeak-ng's are not those that the model learned. Of Chinese characters sherpa makes none at all without a dictionary.
 */
const WARNINGS: Readonly<Record<string, string>> = {
  ja: 'this voice reads Japanese from kana only, and not well; kanji are left out; Latin letters are read as English',
  zh: 'this voice cannot read Chinese: its characters are left out; Latin letters are read as English',
};
const FALLBACK = 'en-us';
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * Loads model.onnx, tokens.txt and voices.bin, with espeak-ng's phoneme data.
 * @throws VoxError `model_broken`
 */
export function loadKokoro(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const keys = ['sample_rate', 'n_speakers', 'style_dim', 'version', 'has_espeak'];
  const { path, onnx } = requireModel(files, 'model.onnx', keys);
  const { voices, ids } = speakersOf(files, onnx.metadata);
  const languageOf = new Map(voices.map(({ id, language }) => [id, language]));
  return createSynthesizer(native, files, options, {
    files: {
      kokoro: {
        model: path,
        tokens: requireTokens(files, 'tokens.txt'),
        voices: requireFile(files, 'voices.bin'),
        dataDir: requirePhonemeData(files),
        lang: FALLBACK,
      },
    },
    speakers: { voices: voices.map(withWarning), ids },
    languages: [...new Set(voices.flatMap(({ language }) => readable(language)))].sort(),
    extra: ({ voice, language }, text) => ({ lang: phonemesOf(text, language, languageOf.get(voice)) }),
  });
}

/** The language itself, as ISO 639-1, where it is one that is read. */
function readable(language: string | undefined): string[] {
  return language === undefined || !(language in PHONEMES) ? [] : [language.split('-')[0] ?? language];
}

function withWarning(voice: Voice): Voice {
  const warning = WARNINGS[voice.language ?? ''];
  return warning === undefined ? voice : { ...voice, warning };
}

/** By the language that the request names, else the voice's own, else English. */
function phonemesOf(text: string, asked: string | undefined, own: string | undefined): string {
  if (asked === undefined) {
    if (own === 'ja' && KANA.test(text)) return 'ja';
    return PHONEMES[own ?? ''] ?? FALLBACK;
  }
  const phonemes = PHONEMES[asked.toLowerCase()];
  if (phonemes === undefined)
    throw new VoxError(
      'invalid_request',
      `language '${asked}' is not one that this model reads: ${Object.keys(PHONEMES).join(', ')}`,
      { param: 'language' },
    );
  return phonemes;
}

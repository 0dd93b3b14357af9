/** Qwen3-ASR: a language model that hears. Language and words to expect are told with each stream. */
import { join } from 'node:path';
import { type LoadOptions, type Model, type ModelFiles, VoxError } from '@vox-speech/contract';
import { broken, demandModel, requireFile, requireJson } from './model-files.js';
import type { Native } from './native.js';
import { createRecognizer } from './recognizer.js';

/** Its languages by the names that its prompt wants (the model card's). */
const LANGUAGES: Readonly<Record<string, string>> = {
  zh: 'Chinese',
  en: 'English',
  yue: 'Cantonese',
  ar: 'Arabic',
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  pt: 'Portuguese',
  id: 'Indonesian',
  it: 'Italian',
  ko: 'Korean',
  ru: 'Russian',
  th: 'Thai',
  vi: 'Vietnamese',
  ja: 'Japanese',
  tr: 'Turkish',
  hi: 'Hindi',
  ms: 'Malay',
  nl: 'Dutch',
  sv: 'Swedish',
  da: 'Danish',
  fi: 'Finnish',
  pl: 'Polish',
  cs: 'Czech',
  fil: 'Filipino',
  fa: 'Persian',
  el: 'Greek',
  ro: 'Romanian',
  hu: 'Hungarian',
  mk: 'Macedonian',
};
/**
 * Tokens of prompt, audio and text together. 29.5 s are 384 tokens of audio; the library's own 512 would leave too
 * little for the text. The memory of one decode grows with it: 235 MB for the model of 0.6B in float32.
 */
const MAX_TOTAL_TOKENS = 1024;
/** Tokens of one window's text: fast speech has about ten a second. */
const MAX_NEW_TOKENS = 400;
/** Longer ones would take the audio's place: the library cuts the audio and says nothing. */
const MAX_PROMPT_CHARACTERS = 400;
/** Tokens that the library looks up, and ends the process without. */
const SPECIAL = [
  '<|im_start|>',
  '<|im_end|>',
  '<|audio_start|>',
  '<|audio_end|>',
  '<|audio_pad|>',
  '<asr_text>',
];

/**
 * Loads conv_frontend.onnx, encoder and decoder (`*.int8.onnx`, else `*.onnx`) and the folder tokenizer with vocab.json,
 * merges.txt and tokenizer_config.json.
 * @throws VoxError `model_broken`
 */
export function loadQwen3(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const frontend = demandModel(files, ['conv_frontend.onnx']);
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], { inputs: 2 });
  // Tokens, audio, mask, position and a key and a value a layer; the answer and what is new of those.
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], { inputs: 6, outputs: 3 });
  const layers = (decoder.onnx.outputs.length - 1) / 2;
  if (!Number.isInteger(layers) || decoder.onnx.inputs.length !== 4 + 2 * layers)
    throw broken(files, 'the inputs and outputs of its decoder do not belong together');
  checkTokenizer(files);
  return createRecognizer(native, files, options, {
    languages: Object.keys(LANGUAGES),
    canTranslate: false,
    canDetectLanguage: true,
    canTimeWords: false,
    canPrompt: true,
    canBias: true,
    promptCharacters: MAX_PROMPT_CHARACTERS,
    changes: 'never',
    files: () => ({
      qwen3Asr: {
        convFrontend: frontend.path,
        encoder: encoder.path,
        decoder: decoder.path,
        tokenizer: join(files.directory, 'tokenizer'),
        maxTotalLen: MAX_TOTAL_TOKENS,
        maxNewTokens: MAX_NEW_TOKENS,
      },
      tokens: '',
    }),
    streamOptions: ({ language, prompt = '', hotwords = [] }) => {
      // One text holds both: the model was trained to expect what stands before the audio.
      const expected = [prompt, hotwords.join(', ')].filter((text) => text !== '').join(' ');
      if (expected.length > MAX_PROMPT_CHARACTERS) {
        const param = hotwords.length > 0 ? 'hotwords' : 'prompt';
        throw new VoxError(
          'invalid_request',
          `${param === 'prompt' ? 'prompt has' : 'prompt and hotwords have'} ${expected.length} characters; this model takes at most ${MAX_PROMPT_CHARACTERS}`,
          { param },
        );
      }
      const name = LANGUAGES[language ?? ''];
      return {
        ...(name === undefined ? {} : { language: name }),
        ...(expected === '' ? {} : { hotwords: expected }),
      };
    },
  });
}

function checkTokenizer(files: ModelFiles): void {
  const { json: vocabulary } = requireJson(files, 'tokenizer/vocab.json');
  requireFile(files, 'tokenizer/merges.txt');
  const { json: config } = requireJson(files, 'tokenizer/tokenizer_config.json');
  const added = Object.values((config.added_tokens_decoder as Record<string, unknown> | undefined) ?? {}).map(
    (token) => (token as { content?: unknown } | null)?.content,
  );
  const missing = SPECIAL.find((token) => !(token in vocabulary) && !added.includes(token));
  if (missing !== undefined) throw broken(files, `its tokenizer lacks ${missing}`);
}

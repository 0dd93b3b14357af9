/**
 * Models on servers with a GPU: nothing is downloaded, Vox speaks to the server. Launch commands are those of the models'
 * cards and of vLLM's and vLLM-Omni's own pages (November 2026); languages are what the cards name.
 */
import { REMOTE_ENGINE, type Wire } from '../remote.js';
import type { CatalogEntry, License } from '../types.js';
import { QWEN_ASR_LANGUAGES } from './sherpa-stt.js';
import { MULTILINGUAL_V3 } from './whisper.js';

interface Row {
  readonly reference: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  /** Repository of the hub, which is also the name that vLLM serves it as. */
  readonly served: string;
  /** What stands behind `vllm serve <served>`. */
  readonly options?: string;
  readonly license: License;
  readonly languages: readonly string[];
  /** What the engine is told beside how to reach it. */
  readonly more?: Readonly<Record<string, string | number | boolean>>;
}

const APACHE: License = { id: 'Apache-2.0' };
const MIT: License = { id: 'MIT' };

const VOXTRAL_LANGUAGES = ['en', 'es', 'fr', 'pt', 'hi', 'de', 'nl', 'it'];
const VOXTRAL_REALTIME_LANGUAGES = [...VOXTRAL_LANGUAGES, 'ar', 'ja', 'ko', 'ru', 'zh'];
const QWEN_TTS_LANGUAGES = ['zh', 'en', 'ja', 'ko', 'de', 'fr', 'ru', 'pt', 'es', 'it'];

/** What Mistral's own file formats ask of vLLM. */
const MISTRAL_FORMAT = '--tokenizer_mode mistral --config_format mistral --load_format mistral';

/** Ports that the commands below end up on: vLLM's own, and that of vLLM-Omni's pages. */
const PORTS = { recognisers: 8000, voices: 8091 };

/** vLLM-Omni's list of supported models has it not (November 2026): the command is what it will be, other servers have it. */
const ANY_SERVER = 'on a vLLM-Omni that has it (none yet), or any other server of /v1/audio/speech';

function recogniser(wire: Exclude<Wire, 'openai-speech'>, row: Row): CatalogEntry {
  return entry('stt', wire, PORTS.recognisers, row.options ?? '', row);
}

function voice(row: Row): CatalogEntry {
  const options = ['--omni', '--port', String(PORTS.voices), row.options ?? ''].join(' ');
  return entry('tts', 'openai-speech', PORTS.voices, options, row);
}

function entry(kind: 'stt' | 'tts', wire: Wire, port: number, options: string, row: Row): CatalogEntry {
  const { reference, aliases = [], description, served, license, languages, more = {} } = row;
  return {
    reference,
    aliases,
    kind,
    family: reference.split(':')[0] ?? '',
    engine: REMOTE_ENGINE,
    description,
    license: { url: `https://huggingface.co/${served}`, ...license },
    languages,
    // Finds the ends of utterances here, as for recognisers that run here.
    needs: kind === 'stt' ? ['silero-vad:v5'] : [],
    importer: 'none',
    parameters: {
      wire,
      served,
      launch: `vllm serve ${served} ${options}`.trim(),
      port,
      // The engine gets nothing else of an entry.
      languages: languages.join(','),
      ...more,
    },
    sources: [],
  };
}

const HEARS = { sampleRate: 16_000 };

export const REMOTE_MODELS: readonly CatalogEntry[] = [
  recogniser('vllm-realtime', {
    reference: 'voxtral-stt:realtime-4b',
    aliases: ['voxtral:realtime-4b'],
    description: 'Voxtral Realtime 4B on vLLM: words while they are spoken, 13 languages',
    served: 'mistralai/Voxtral-Mini-4B-Realtime-2602',
    options: `--tokenizer-mode mistral --compilation_config '{"cudagraph_mode":"PIECEWISE"}'`,
    license: APACHE,
    languages: VOXTRAL_REALTIME_LANGUAGES,
    more: { ...HEARS, streaming: true },
  }),
  ...(['1.7B', '0.6B'] as const).map((size) =>
    recogniser('openai-transcriptions', {
      // The small one runs here too, as qwen3-asr:0.6b.
      reference: size === '1.7B' ? 'qwen3-asr:1.7b' : 'qwen3-asr:0.6b-vllm',
      aliases: size === '1.7B' ? ['qwen3-asr:1.7b-vllm'] : [],
      description: `Qwen3-ASR ${size} on vLLM: 30 languages, told apart by itself`,
      served: `Qwen/Qwen3-ASR-${size}`,
      license: APACHE,
      languages: QWEN_ASR_LANGUAGES,
      more: { ...HEARS, streaming: true },
    }),
  ),
  recogniser('openai-transcriptions', {
    reference: 'voxtral-stt:mini-3b',
    aliases: ['voxtral:mini-3b'],
    description: 'Voxtral mini 3B on vLLM',
    served: 'mistralai/Voxtral-Mini-3B-2507',
    options: MISTRAL_FORMAT,
    license: APACHE,
    languages: VOXTRAL_LANGUAGES,
    more: { ...HEARS, streaming: true },
  }),
  recogniser('openai-transcriptions', {
    reference: 'voxtral-stt:small-24b',
    aliases: ['voxtral:small-24b', 'voxtral:24b', 'voxtral-stt:24b'],
    description: 'Voxtral small 24B on vLLM: two GPUs',
    served: 'mistralai/Voxtral-Small-24B-2507',
    options: `${MISTRAL_FORMAT} --tensor-parallel-size 2`,
    license: APACHE,
    languages: VOXTRAL_LANGUAGES,
    more: { ...HEARS, streaming: true },
  }),
  ...['large-v3', 'large-v3-turbo'].map((size) =>
    recogniser('openai-transcriptions', {
      reference: `whisper:${size}-vllm`,
      description: `Whisper ${size} on vLLM, 100 languages`,
      served: `openai/whisper-${size}`,
      license: size === 'large-v3' ? APACHE : MIT,
      languages: MULTILINGUAL_V3,
      // Only Whisper gives times of segments over this route (vLLM, speech-to-text page).
      more: { ...HEARS, streaming: true, segments: true, translate: size === 'large-v3', prompt: true },
    }),
  ),
  ...['0.6b', '1.7b'].flatMap((size) => {
    const served = `Qwen/Qwen3-TTS-12Hz-${size.toUpperCase()}`;
    const row = {
      license: APACHE,
      languages: QWEN_TTS_LANGUAGES,
      options: '--trust-remote-code --enforce-eager',
    };
    const more = { sampleRate: 24_000, streaming: true };
    return [
      voice({
        ...row,
        reference: `qwen3-tts:${size}`,
        description: `Qwen3-TTS ${size.toUpperCase()} on vLLM-Omni: voices of its own`,
        served: `${served}-CustomVoice`,
        // Of the two sizes only the large one is told how to speak (model card).
        more: { ...more, task: 'CustomVoice', ...(size === '1.7b' ? { instructions: true } : {}) },
      }),
      voice({
        ...row,
        reference: `qwen3-tts:${size}-clone`,
        aliases: [`qwen3-tts:${size}-base`],
        description: `Qwen3-TTS ${size.toUpperCase()} on vLLM-Omni: the voice of a recording`,
        served: `${served}-Base`,
        more: { ...more, task: 'Base', cloning: true, cloningNeedsText: true },
      }),
    ];
  }),
  voice({
    reference: 'voxtral-tts:4b',
    aliases: ['voxtral:tts-4b'],
    description: 'Voxtral TTS 4B on vLLM-Omni: voices of its own',
    served: 'mistralai/Voxtral-4B-TTS-2603',
    license: { id: 'CC-BY-NC-4.0', nonCommercial: true },
    languages: VOXTRAL_LANGUAGES,
    more: { sampleRate: 24_000, streaming: true },
  }),
  voice({
    reference: 'fish-speech:s2-pro',
    description: 'Fish Speech S2 Pro on vLLM-Omni, 44.1 kHz; the voice of a recording too',
    served: 'fishaudio/s2-pro',
    license: { id: 'Fish-Audio-Research-License', nonCommercial: true },
    languages: ['en', 'zh', 'ja', 'ko', 'es', 'pt', 'ar', 'ru', 'fr', 'de'],
    more: { sampleRate: 44_100, streaming: true, cloning: true, cloningNeedsText: true },
  }),
  voice({
    reference: 'indextts:2',
    description: 'IndexTTS 2 on vLLM-Omni: the voice of a recording',
    served: 'IndexTeam/IndexTTS-2',
    license: { id: 'bilibili-IndexTTS-2', nonCommercial: true },
    languages: ['en', 'zh'],
    more: { sampleRate: 22_050, streaming: false, cloning: true },
  }),
  voice({
    reference: 'dia:1.6b',
    description: `Dia 1.6B, dialogues, ${ANY_SERVER}`,
    served: 'nari-labs/Dia-1.6B-0626',
    license: APACHE,
    languages: ['en'],
    more: { sampleRate: 44_100, streaming: false },
  }),
  voice({
    reference: 'sesame:csm-1b',
    description: `Sesame CSM 1B, ${ANY_SERVER}`,
    served: 'sesame/csm-1b',
    license: APACHE,
    languages: ['en'],
    more: { sampleRate: 24_000, streaming: false },
  }),
];

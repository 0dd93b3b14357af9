/** Models of earlier Vox versions that nothing here runs: found and shown, with what to use instead. */
import type { CatalogEntry, EntryKind, License } from '../types.js';

/** Families whose originals ran on PyTorch, vLLM or other engines. */
interface Row {
  readonly reference: string;
  readonly aliases?: readonly string[];
  readonly kind: EntryKind;
  /** The engine that would run it, as Vox 0.2 called it. */
  readonly engine: string;
  /** Repository of the hub. */
  readonly published: string;
  readonly description: string;
  readonly license: License;
  readonly languages?: readonly string[];
  readonly instead?: string;
}

/** What does the same work and can be pulled. */
const INSTEAD: Readonly<Partial<Record<EntryKind, string>>> = {
  stt: 'parakeet:tdt-0.6b-v3',
  tts: 'kokoro:v1.0',
  turn: 'silero-vad:v5',
};

const MIT: License = { id: 'MIT' };
const APACHE: License = { id: 'Apache-2.0' };
const CC_BY: License = { id: 'CC-BY-4.0' };
const nonCommercial = (id: string): License => ({ id, nonCommercial: true });

function row(
  reference: string,
  engine: string,
  published: string,
  description: string,
  license: License,
  more: Partial<Row> = {},
): Row {
  return { reference, kind: 'tts', engine, published, description, license, ...more };
}

const STT = { kind: 'stt' } as const;

const ROWS: readonly Row[] = [
  row(
    'parakeet:tdt-1.1b',
    'parakeet-stt-nemo',
    'nvidia/parakeet-tdt-1.1b',
    'NVIDIA Parakeet TDT 1.1B, English',
    CC_BY,
    {
      ...STT,
      languages: ['en'],
      instead: 'parakeet:tdt-0.6b-v2',
    },
  ),
  row(
    'speecht5-stt:base',
    'speecht5-stt-torch',
    'microsoft/speecht5_asr',
    'SpeechT5 recogniser, English',
    MIT,
    {
      ...STT,
      aliases: ['speecht5:asr'],
      languages: ['en'],
      instead: 'whisper:base.en',
    },
  ),
  row(
    'chatterbox-tts:0.1.7',
    'chatterbox-tts',
    'ResembleAI/chatterbox',
    'Chatterbox: the voice of a recording',
    MIT,
  ),
  row(
    'chatterbox-turbo:0.1.7',
    'chatterbox-tts-turbo',
    'ResembleAI/chatterbox-turbo',
    'Chatterbox turbo: the voice of a recording',
    MIT,
  ),
  row(
    'chatterbox-multilingual:0.1.7',
    'chatterbox-tts-multilingual',
    'ResembleAI/chatterbox',
    'Chatterbox, 23 languages: the voice of a recording',
    MIT,
  ),
  row(
    'cosyvoice2:0.5b',
    'cosyvoice2-tts-torch',
    'FunAudioLLM/CosyVoice2-0.5B',
    'CosyVoice2: the voice of a recording',
    APACHE,
    {
      languages: ['zh', 'en', 'ja', 'ko'],
    },
  ),
  row(
    'orpheus:medium-3b',
    'orpheus-tts-vllm',
    'canopylabs/orpheus-tts-0.1-finetune-prod',
    'Orpheus 3B, eight voices',
    APACHE,
    {
      aliases: ['orpheus:3b', 'orpheus:orpheus-3b-0.1-ft'],
    },
  ),
  row(
    'openvoice:v1',
    'openvoice-tts-torch',
    'myshell-ai/OpenVoice',
    'OpenVoice: the voice of a recording',
    MIT,
    {
      languages: ['en', 'zh'],
    },
  ),
  row(
    'spark:0.5b',
    'spark-tts-torch',
    'SparkAudio/Spark-TTS-0.5B',
    'Spark TTS: the voice of a recording',
    nonCommercial('CC-BY-NC-SA-4.0'),
    {
      languages: ['zh', 'en'],
    },
  ),
  row(
    'neutts-air:air',
    'neutts-air-tts-torch',
    'neuphonic/neutts-air',
    'NeuTTS Air: the voice of a recording',
    APACHE,
  ),
  row('speecht5-tts:base', 'speecht5-tts-torch', 'microsoft/speecht5_tts', 'SpeechT5 voices, English', MIT, {
    aliases: ['speecht5:tts'],
    instead: 'piper:en-us-joe-medium',
  }),
  row(
    'vibevoice:realtime-0.5b',
    'vibevoice-tts-torch',
    'microsoft/VibeVoice-Realtime-0.5B',
    'VibeVoice realtime 0.5B',
    MIT,
  ),
  row(
    'vibevoice:1.5b',
    'vibevoice-tts-torch',
    'microsoft/VibeVoice-1.5B',
    'VibeVoice 1.5B: long dialogues',
    MIT,
    {
      languages: ['en', 'zh'],
    },
  ),
  row(
    'xtts:v2',
    'xtts-tts-torch',
    'coqui/XTTS-v2',
    'XTTS v2: 17 languages, the voice of a recording',
    nonCommercial('Coqui-Public-Model-License'),
    {
      languages: [
        'en',
        'es',
        'fr',
        'de',
        'it',
        'pt',
        'pl',
        'tr',
        'ru',
        'nl',
        'cs',
        'ar',
        'zh',
        'ja',
        'hu',
        'ko',
        'hi',
      ],
    },
  ),
  row(
    'step-audio-editx:3b-awq',
    'step-audio-editx-tts-vllm',
    'stepfun-ai/Step-Audio-EditX-AWQ-4bit',
    'Step-Audio EditX 3B',
    APACHE,
    {
      languages: ['zh', 'en'],
    },
  ),
  row(
    'fish-speech:v1.4',
    'fish-speech-tts-torch',
    'fishaudio/fish-speech-1.4',
    'Fish Speech 1.4, 44.1 kHz',
    nonCommercial('CC-BY-NC-SA-4.0'),
    {
      languages: ['en', 'zh', 'de', 'ja', 'fr', 'es', 'ko', 'ar'],
    },
  ),
  row(
    'smart-turn:v3.2',
    'smart-turn-v3',
    'pipecat-ai/smart-turn-v3',
    'Smart Turn 3.2: tells whether a speaker has finished',
    {
      id: 'BSD-2-Clause',
    },
    { kind: 'turn', languages: [] },
  ),
];

export const UNAVAILABLE: readonly CatalogEntry[] = ROWS.map(
  ({ reference, aliases = [], kind, engine, published, instead, languages = ['en'], ...entry }) => ({
    ...entry,
    reference,
    aliases,
    kind,
    family: reference.split(':')[0] ?? '',
    languages,
    needs: [],
    importer: 'none',
    parameters: {},
    sources: [],
    unavailable: {
      engine,
      published: `https://huggingface.co/${published}`,
      instead: instead ?? INSTEAD[kind] ?? 'whisper:base',
    },
  }),
);

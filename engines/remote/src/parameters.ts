/** What a catalog entry says of a remote model, read with suspicion. */
import { type ModelFiles, VoxError } from '@vox-speech/contract';

export const WIRES = ['vllm-realtime', 'openai-transcriptions', 'openai-speech'] as const;
/** How the upstream is spoken to. */
export type Wire = (typeof WIRES)[number];

/** Fields in which upstreams take words to expect. */
export const HOTWORD_FIELDS = ['hotwords', 'keywords'] as const;
export type HotwordField = (typeof HOTWORD_FIELDS)[number];

export interface RemoteParameters {
  readonly wire: Wire;
  /** The name that upstreams list the model under. */
  readonly served: string;
  /** Command that starts an upstream, for messages. */
  readonly launch?: string;
  /** Ask for the answer bit by bit. */
  readonly streaming: boolean;
  /** Longest audio of one request in ms. */
  readonly windowMs: number;
  /** Hz: what a recogniser hears, what a voice speaks. */
  readonly sampleRate: number;
  /** ISO 639-1 codes; empty = unknown. */
  readonly languages: readonly string[];
  /** Names of voices; empty = the upstream is asked. */
  readonly voices: readonly string[];
  /** It gives times of words (`verbose_json` with words). */
  readonly words: boolean;
  /** It gives times of segments (`verbose_json`; vLLM: Whisper only). */
  readonly segments: boolean;
  /** It has `/v1/audio/translations`. */
  readonly translate: boolean;
  /** It takes a prompt. */
  readonly prompt: boolean;
  /** It answers `include[]=logprobs` with the tokens' log probabilities. */
  readonly logprobs: boolean;
  /** The field in which it takes words to expect: vLLM's `hotwords`, OpenAI's `keywords[]`. Absent = in none. */
  readonly hotwords?: HotwordField;
  /** It can be told the language. */
  readonly chooseLanguage: boolean;
  /** It is told how to speak: vLLM-Omni's and OpenAI's `instructions`. */
  readonly instructions: boolean;
  /** It speaks with the voice of a recording. */
  readonly cloning: boolean;
  readonly cloningNeedsText: boolean;
  /** vLLM-Omni's `task_type`: CustomVoice, VoiceDesign or Base. */
  readonly task?: string;
  /** Requests at once that each upstream gains from. */
  readonly concurrency: number;
}

/** Hz: of vLLM's realtime wire, and of what every recogniser here is given. */
const HEARING_RATE = 16_000;
/** Hz of Qwen3-TTS, Voxtral TTS, CosyVoice 3 and OpenAI's voices. */
const SPEAKING_RATE = 24_000;
/** What Whisper hears at once; vLLM cuts longer files there too. */
const WINDOW_SECONDS = 30;
/** vLLM batches what comes at once; this many keep one GPU busy and its queue short. */
const CONCURRENCY = 16;

/** Throws VoxError `model_broken` that names the parameter at fault. */
export function readParameters({ reference, parameters }: ModelFiles): RemoteParameters {
  const fault = (what: string) =>
    new VoxError('model_broken', `${reference}: its catalog entry is not usable: parameters.${what}`);
  const text = (name: string): string | undefined => {
    const value = parameters[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.trim() === '') throw fault(`${name} must be a text`);
    return value.trim();
  };
  const flag = (name: string, missing: boolean): boolean => {
    const value = parameters[name] ?? missing;
    if (typeof value !== 'boolean') throw fault(`${name} must be true or false`);
    return value;
  };
  const number = (name: string, missing: number, min: number, max: number): number => {
    const value = parameters[name] ?? missing;
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw fault(`${name} must be a number from ${min} to ${max}`);
    return value;
  };
  const list = (name: string): string[] =>
    (parameters[name] === '' ? '' : (text(name) ?? ''))
      .split(',')
      .flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));

  const wire = WIRES.find((one) => one === parameters.wire);
  if (wire === undefined) throw fault(`wire must be one of ${WIRES.join(', ')}`);
  const served = text('served');
  if (served === undefined) throw fault('served must be the name that the upstream lists the model under');
  const hotwords = HOTWORD_FIELDS.find((one) => one === parameters.hotwords);
  if (parameters.hotwords !== undefined && hotwords === undefined)
    throw fault(`hotwords must be one of ${HOTWORD_FIELDS.join(', ')}`);
  const launch = text('launch');
  const task = text('task');
  const speaks = wire === 'openai-speech';
  return {
    wire,
    served,
    ...(launch === undefined ? {} : { launch }),
    ...(task === undefined ? {} : { task }),
    ...(hotwords === undefined ? {} : { hotwords }),
    streaming: flag('streaming', speaks),
    windowMs: number('windowSeconds', WINDOW_SECONDS, 5, 3600) * 1000,
    sampleRate: speaks ? number('sampleRate', SPEAKING_RATE, 8_000, 48_000) : HEARING_RATE,
    languages: list('languages'),
    voices: list('voices'),
    words: flag('words', false),
    segments: flag('segments', false),
    translate: flag('translate', false),
    prompt: flag('prompt', false),
    logprobs: flag('logprobs', false),
    chooseLanguage: flag('chooseLanguage', wire !== 'vllm-realtime'),
    instructions: flag('instructions', false),
    cloning: flag('cloning', false),
    cloningNeedsText: flag('cloningNeedsText', false),
    concurrency: number('concurrency', CONCURRENCY, 1, 1024),
  };
}

/** What holds for a session: what the client asked, made effective. Pure. */
import type { Warning } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import { readHotwords } from '../../runtime/hotwords.js';
import { parseLanguage } from '../../runtime/languages.js';
import { validate } from '../../transport/index.js';
import {
  type BETA_FORMATS,
  type BetaSessionBody,
  betaSessionSchema,
  type DELAYS,
  type EAGERNESS,
  type FORMATS,
  type SessionBody,
  sessionSchema,
} from './schema.js';
import { PREFIX_PADDING_MS } from './turns.js';

export interface Format {
  readonly type: (typeof FORMATS)[number];
  /** Hz; 8000 for G.711. */
  readonly rate: number;
}

export interface Transcription {
  /** As the client wrote it; '' = the default recogniser. */
  readonly model: string;
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
  readonly keywords: readonly string[];
  readonly prompt?: string;
  readonly delay?: (typeof DELAYS)[number];
}

export interface ServerVad {
  readonly type: 'server_vad';
  readonly prefixPaddingMs: number;
  readonly silenceMs: number;
  /** Silence after which an empty item is committed; absent = never. */
  readonly idleTimeoutMs?: number;
}

export interface SemanticVad {
  readonly type: 'semantic_vad';
  readonly eagerness: (typeof EAGERNESS)[number];
}

export interface SessionConfig {
  readonly format: Format;
  readonly transcription: Transcription;
  /** Absent = only the client's commit ends an utterance. */
  readonly turnDetection?: ServerVad | SemanticVad;
  /** Revisable text is sent too. */
  readonly partials: boolean;
  /** Transcripts come with the probabilities of their tokens, where the model tells them. */
  readonly logprobs: boolean;
}

/** The value of `include` that asks for revisable text. Ours. */
export const INCLUDE_PARTIALS = 'vox.item.input_audio_transcription.partial';
/** The value of `include` that asks for the probabilities of tokens. */
export const INCLUDE_LOGPROBS = 'item.input_audio_transcription.logprobs';

/** The neural detector's own; it has no other. */
export const THRESHOLD = 0.5;
/** OpenAI's documented defaults. */
const SERVER_VAD: ServerVad = { type: 'server_vad', prefixPaddingMs: PREFIX_PADDING_MS, silenceMs: 500 };
/** A shorter silence lies within a word, in ms. */
const MIN_SILENCE_MS = 100;
/** Hz of G.711. */
const TELEPHONE_RATE = 8_000;
const DEFAULT_RATE = 24_000;

export const DEFAULT_CONFIG: SessionConfig = {
  format: { type: 'audio/pcm', rate: DEFAULT_RATE },
  transcription: { model: '', keywords: [] },
  turnDetection: SERVER_VAD,
  partials: false,
  logprobs: false,
};

export interface ReadSession {
  readonly config: SessionConfig;
  /** What of the request can't be met, whatever the model. */
  readonly warnings: readonly Warning[];
}

const CODE = /^[a-z]{2,3}$/;
const BETA_KEYS = [
  'input_audio_format',
  'input_audio_transcription',
  'input_audio_noise_reduction',
  'turn_detection',
];
const FROM_BETA: Readonly<Record<(typeof BETA_FORMATS)[number], (typeof FORMATS)[number]>> = {
  pcm16: 'audio/pcm',
  g711_ulaw: 'audio/pcmu',
  g711_alaw: 'audio/pcma',
};

/**
 * What a session is after an update: what is absent stays, null goes back to the default (for `turn_detection`: to none).
 * @param session in either form; the beta's flat one is known by its keys
 * @throws VoxError `invalid_request` with `param` as the client spelled it, e.g. `session.audio.input.format.type`
 */
export function readSession(session: unknown, now: SessionConfig): ReadSession {
  const flat = isBeta(session);
  try {
    const body = flat ? fromBeta(validate(betaSessionSchema, session)) : validate(sessionSchema, session);
    return apply(body, now, flat ? 'input_audio_transcription' : 'audio.input.transcription');
  } catch (error) {
    if (!VoxError.is(error)) throw error;
    const param = error.param === undefined ? 'session' : `session.${error.param}`;
    const message = error.message.startsWith(`${error.param}:`)
      ? `session.${error.message}`
      : `${param}: ${error.message}`;
    throw new VoxError('invalid_request', message, { param });
  }
}

function isBeta(session: unknown): boolean {
  if (typeof session !== 'object' || session === null || 'audio' in session) return false;
  return BETA_KEYS.some((key) => key in session);
}

function fromBeta({ include, ...flat }: BetaSessionBody): SessionBody {
  const { input_audio_format: format, input_audio_transcription: transcription } = flat;
  const { input_audio_noise_reduction: noise, turn_detection } = flat;
  return {
    audio: {
      input: {
        ...(format == null ? { format } : { format: { type: FROM_BETA[format] } }),
        transcription,
        noise_reduction: noise,
        turn_detection,
      },
    },
    include,
  };
}

function apply(body: SessionBody, now: SessionConfig, where: string): ReadSession {
  const input = body.audio?.input ?? {};
  const warnings: Warning[] = [];
  if (input.noise_reduction != null)
    warnings.push(unsupported('noise_reduction', 'noise is not reduced here; the models hear through it'));
  const turnDetection =
    input.turn_detection === undefined
      ? now.turnDetection
      : readTurns(input.turn_detection, now.turnDetection, warnings);
  const config: SessionConfig = {
    format: input.format === undefined ? now.format : readFormat(input.format),
    transcription: readTranscription(input.transcription, now.transcription, where, warnings),
    ...(turnDetection === undefined ? {} : { turnDetection }),
    ...(body.include === undefined
      ? { partials: now.partials, logprobs: now.logprobs }
      : readInclude(body.include ?? [], warnings)),
  };
  return { config, warnings };
}

function readFormat(format: NonNullable<NonNullable<SessionBody['audio']>['input']>['format']): Format {
  if (format == null) return DEFAULT_CONFIG.format;
  return {
    type: format.type,
    rate: format.type === 'audio/pcm' ? (format.rate ?? DEFAULT_RATE) : TELEPHONE_RATE,
  };
}

type Input = NonNullable<NonNullable<SessionBody['audio']>['input']>;

function readTranscription(
  given: Input['transcription'],
  now: Transcription,
  where: string,
  warnings: Warning[],
): Transcription {
  if (given === undefined) return now;
  if (given === null) return DEFAULT_CONFIG.transcription;
  const language = readLanguages(given, now.language, where, warnings);
  const prompt = given.prompt === undefined ? now.prompt : given.prompt?.trim();
  const delay = given.delay === undefined ? now.delay : given.delay;
  return {
    model: given.model === undefined ? now.model : (given.model?.trim() ?? ''),
    ...(language === undefined ? {} : { language }),
    keywords:
      given.keywords === undefined ? now.keywords : readHotwords(given.keywords ?? [], `${where}.keywords`),
    ...(prompt ? { prompt } : {}),
    ...(delay == null ? {} : { delay }),
  };
}

/** A model is told one language or none: of several candidates it hears by itself which it is. */
function readLanguages(
  { language, languages }: NonNullable<Input['transcription']>,
  now: string | undefined,
  where: string,
  warnings: Warning[],
): string | undefined {
  if (language != null) return languageCode(language, `${where}.language`);
  const codes = languages?.map((one, at) => languageCode(one, `${where}.languages.${at}`));
  if (codes?.length === 1) return codes[0];
  if (codes !== undefined && codes.length > 1)
    warnings.push(
      unsupported('languages', 'one language can be told; of several the model hears by itself which it is'),
    );
  return language === undefined && languages === undefined ? now : undefined;
}

function languageCode(value: string, param: string): string | undefined {
  const code = parseLanguage(value);
  // Which languages there are, the model knows.
  if (code === undefined || CODE.test(code)) return code;
  throw new VoxError('invalid_request', `${param}: expected an ISO 639-1 code such as "en", or "auto"`, {
    param,
  });
}

function readTurns(
  given: Input['turn_detection'],
  now: SessionConfig['turnDetection'],
  warnings: Warning[],
): SessionConfig['turnDetection'] {
  if (given == null) return undefined;
  if (given.type === 'semantic_vad') {
    const before = now?.type === 'semantic_vad' ? now.eagerness : 'auto';
    return {
      type: 'semantic_vad',
      eagerness: given.eagerness === undefined ? before : (given.eagerness ?? 'auto'),
    };
  }
  const before = now?.type === 'server_vad' ? now : SERVER_VAD;
  const pick = (value: number | null | undefined, old: number, initial: number) =>
    value === undefined ? old : (value ?? initial);
  const silence = pick(given.silence_duration_ms, before.silenceMs, SERVER_VAD.silenceMs);
  const idle =
    given.idle_timeout_ms === undefined ? before.idleTimeoutMs : (given.idle_timeout_ms ?? undefined);
  if (given.threshold != null && given.threshold !== THRESHOLD)
    warnings.push(
      unsupported('turn_detection.threshold', `the detector has no other threshold than ${THRESHOLD}`),
    );
  if (silence < MIN_SILENCE_MS)
    warnings.push({
      type: 'adjusted',
      option: 'turn_detection.silence_duration_ms',
      message: `a silence of less than ${MIN_SILENCE_MS} ms lies within words; ${MIN_SILENCE_MS} is used`,
    });
  return {
    type: 'server_vad',
    prefixPaddingMs: pick(given.prefix_padding_ms, before.prefixPaddingMs, SERVER_VAD.prefixPaddingMs),
    silenceMs: Math.max(MIN_SILENCE_MS, silence),
    ...(idle === undefined ? {} : { idleTimeoutMs: idle }),
  };
}

function readInclude(
  include: readonly string[],
  warnings: Warning[],
): Pick<SessionConfig, 'partials' | 'logprobs'> {
  for (const one of include)
    if (one !== INCLUDE_PARTIALS && one !== INCLUDE_LOGPROBS)
      warnings.push(unsupported('include', `'${one}' is not known`));
  return { partials: include.includes(INCLUDE_PARTIALS), logprobs: include.includes(INCLUDE_LOGPROBS) };
}

function unsupported(option: string, message: string): Warning {
  return { type: 'unsupported', option, message };
}

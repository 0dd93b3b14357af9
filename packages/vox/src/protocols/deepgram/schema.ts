/** The parameters of `/v1/listen`, live and recorded: what is asked for, and what of it can't be met. Pure. */
import { MAX_CHANNELS, type RawFormat } from '@vox-speech/audio';
import { type LiveEncoding, VoxError, type Warning } from '@vox-speech/contract';
import { readHotwords } from '../../runtime/hotwords.js';
import { parseLanguage } from '../../runtime/languages.js';
import { Query, wrong } from './query.js';

/** What both forms ask for. */
export interface ListenParameters {
  /** '' = the default recogniser; Deepgram's own names mean it too. */
  readonly model: string;
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
  readonly hotwords: readonly string[];
  /** `punctuate` or `smart_format`: text as it is written; else bare words in lower case, as Deepgram has it. */
  readonly punctuated: boolean;
  readonly tags: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface LiveParameters extends ListenParameters {
  /** `container`: the bytes are a file's, whose first tell which. */
  readonly encoding: LiveEncoding | 'container';
  /** Hz; of `container` what it is decoded to. */
  readonly sampleRate: number;
  readonly interim: boolean;
  /** Silence that ends an utterance, in ms; absent = the server's; `off` = pauses end nothing for the client. */
  readonly endpointing?: number | 'off';
  /** Time without a word after which UtteranceEnd is told, in ms; absent = never. */
  readonly utteranceEndMs?: number;
  readonly vadEvents: boolean;
}

export interface RecordedParameters extends ListenParameters {
  /** Samples without a header; absent = the content tells. */
  readonly raw?: RawFormat;
  readonly detectLanguage: boolean;
  readonly utterances: boolean;
}

/** Hz of what recognisers hear: what containers are decoded to. */
export const DECODED_RATE = 16_000;
/** Hz that may come in. */
const RATE = { min: 8_000, max: 192_000 };
/** Longest silence that may be asked for, in ms. */
const LONGEST_SILENCE_MS = 60_000;

/** Samples without a header, by Deepgram's names. */
const RAW: Readonly<Record<string, LiveEncoding>> = { linear16: 'pcm16', mulaw: 'mulaw', alaw: 'alaw' };
/** Encodings that are read from the stream's own header. */
const CONTAINED = ['', 'ogg-opus', 'flac', 'opus'];

/** What Deepgram can and we can't: asked for, it is warned of. */
const UNSUPPORTED = [
  'diarize',
  'diarize_model',
  'redact',
  'replace',
  'search',
  'numerals',
  'measurements',
  'profanity_filter',
  'dictation',
  'detect_entities',
  'language_hint',
  'sentiment',
  'summarize',
  'topics',
  'custom_topic',
  'intents',
  'custom_intent',
  'paragraphs',
];

/**
 * The parameters of a socket.
 * @param target the request's path with its query string
 * @throws VoxError `invalid_request` naming the parameter and what is allowed
 */
export function readLive(target: string): LiveParameters {
  const query = new Query(target);
  const common = readCommon(query);
  const encoding = readEncoding(query);
  const sampleRate = query.whole('sample_rate', RATE.min, RATE.max);
  if (encoding !== 'container' && sampleRate === undefined)
    throw new VoxError('invalid_request', 'sample_rate: samples without a header need their rate in Hz', {
      param: 'sample_rate',
    });
  if ((query.whole('channels', 1, MAX_CHANNELS) ?? 1) !== 1)
    throw new VoxError(
      'invalid_request',
      'channels: one channel is heard; mix them, or open a stream for each',
      {
        param: 'channels',
      },
    );
  const endpointing = readEndpointing(query);
  const utteranceEndMs = query.whole('utterance_end_ms', 1, LONGEST_SILENCE_MS);
  return {
    ...common,
    encoding,
    sampleRate: encoding === 'container' ? DECODED_RATE : (sampleRate ?? DECODED_RATE),
    interim: query.flag('interim_results'),
    ...(endpointing === undefined ? {} : { endpointing }),
    ...(utteranceEndMs === undefined ? {} : { utteranceEndMs }),
    vadEvents: query.flag('vad_events'),
  };
}

/**
 * The parameters of a recording.
 * @param target the request's path with its query string
 * @throws VoxError `invalid_request` naming the parameter and what is allowed
 */
export function readRecorded(target: string): RecordedParameters {
  const query = new Query(target);
  const common = readCommon(query);
  const encoding = readEncoding(query);
  const sampleRate = query.whole('sample_rate', RATE.min, RATE.max);
  if (encoding === 'mulaw' || encoding === 'alaw')
    throw new VoxError(
      'invalid_request',
      `encoding: a recording in ${encoding} needs a header; send it as WAV`,
      {
        param: 'encoding',
      },
    );
  const channels: Warning = {
    type: 'unsupported',
    option: 'multichannel',
    message: 'channels were mixed and heard as one',
  };
  return {
    ...common,
    warnings: [...common.warnings, ...(query.asked('multichannel') ? [channels] : [])],
    // Without a rate it can only be a WAV, which has its own.
    ...(encoding === 'pcm16' && sampleRate !== undefined
      ? { raw: { encoding, sampleRate, channels: query.whole('channels', 1, MAX_CHANNELS) ?? 1 } }
      : {}),
    detectLanguage: query.asked('detect_language'),
    utterances: query.flag('utterances'),
  };
}

function readCommon(query: Query): ListenParameters {
  if (query.text('callback') !== '')
    throw new VoxError(
      'invalid_request',
      'callback: answers come on this connection only; leave callback out',
      {
        param: 'callback',
      },
    );
  const named = query.text('language');
  // Deepgram's word for speech in several languages.
  const language = parseLanguage(named.toLowerCase() === 'multi' ? '' : named);
  const { words, warnings } = readExpected(query);
  return {
    model: query.text('model'),
    ...(language === undefined ? {} : { language }),
    hotwords: words,
    punctuated: query.flag('punctuate') || query.flag('smart_format'),
    tags: query.all('tag'),
    warnings: [
      ...UNSUPPORTED.filter((name) => query.asked(name)).map(
        (option): Warning => ({ type: 'unsupported', option, message: 'not supported; it was not used' }),
      ),
      ...warnings,
    ],
  };
}

function readEncoding(query: Query): LiveEncoding | 'container' {
  const name = query.text('encoding').toLowerCase();
  const raw = Object.hasOwn(RAW, name) ? RAW[name] : undefined;
  if (raw !== undefined) return raw;
  if (CONTAINED.includes(name)) return 'container';
  throw wrong(
    'encoding',
    `${Object.keys(RAW).join(', ')}, ogg-opus, flac, or left out for a file's bytes`,
    name,
  );
}

function readEndpointing(query: Query): number | 'off' | undefined {
  const value = query.text('endpointing').toLowerCase();
  if (value === 'false') return 'off';
  return value === 'true' ? undefined : query.whole('endpointing', 0, LONGEST_SILENCE_MS);
}

/** `keyterm=...` and `keywords=word:boost`, several of each. How much a word is boosted is up to the model. */
function readExpected(query: Query): { words: string[]; warnings: Warning[] } {
  const keywords = query.all('keywords').map((one) => {
    const [, word = one, boost = '1'] = /^(.*):(-?\d+(?:\.\d+)?)$/.exec(one) ?? [];
    return { word: word.trim(), boost: Number(boost) };
  });
  const wanted = keywords.filter(({ boost }) => boost > 0).map(({ word }) => word);
  const words = readHotwords([...readHotwords(query.all('keyterm'), 'keyterm'), ...wanted], 'keywords');
  const suppressed: Warning = {
    type: 'unsupported',
    option: 'keywords',
    message: 'words can’t be made less likely; those were not used',
  };
  return { words, warnings: wanted.length < keywords.length ? [suppressed] : [] };
}

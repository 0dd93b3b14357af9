/** The engine of models that run elsewhere. */
import {
  type Engine,
  type Model,
  type ModelInfo,
  type Rolling,
  type UtteranceListener,
  type Voice,
  VoxError,
} from '@vox-speech/contract';
import { readParameters } from './parameters.js';
import { Pool } from './pool.js';
import { openRealtime } from './realtime.js';
import { RealtimeConnections } from './realtime-connections.js';
import { transcribeWindow } from './realtime-window.js';
import { discoverVoices, SPEEDS, synthesize, voicesNamed } from './speech.js';
import { type RemoteModel, transcribe } from './transcriptions.js';

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'remote',
  probe: () => ({ available: true }),
  /**
   * Succeeds while no upstream is up: they are looked for again when there is work. Only a voice model whose entry names
   * no voices must be able to ask for them, and throws `upstream_unavailable`: it would know none for as long as it lives.
   */
  async load(files, { remote }) {
    const parameters = readParameters(files);
    const { served, launch } = parameters;
    const pool = new Pool({
      upstreams: remote?.upstreams ?? [],
      served,
      ...(launch === undefined ? {} : { launch }),
    });
    if (remote === undefined) throw new VoxError('internal', 'no upstreams were given');
    const model: RemoteModel = { pool, parameters, stallMs: remote.stallMs };
    const never = new AbortController().signal;
    try {
      await pool.ready(never);
      if (parameters.wire === 'openai-transcriptions') return reader(model, files.family);
      if (parameters.wire === 'vllm-realtime') return listener(model, files.family, remote.rolling);
      const named = voicesNamed(parameters.voices);
      const voices = named.length > 0 ? named : await discoverVoices(model, never);
      return speaker(model, files.family, voices);
    } catch (error) {
      pool.close();
      throw error;
    }
  },
};

export default engine;

/** What is true of every model that runs elsewhere. */
function common(model: RemoteModel): Pick<Model, 'memory' | 'close'> {
  return {
    // Its weights are on another machine: this process holds what a program holds.
    memory: () => ({ bytes: process.memoryUsage.rss() }),
    close: async () => model.pool.close(),
  };
}

function infoOf(
  { parameters, pool }: RemoteModel,
  family: string,
): Omit<ModelInfo, 'kind' | 'canDetectLanguage'> {
  const { sampleRate, languages, translate, words, prompt, concurrency } = parameters;
  return {
    family,
    sampleRate,
    languages,
    voices: [],
    canTranslate: translate,
    canTimeWords: words,
    canPrompt: prompt,
    concurrency: concurrency * pool.size,
  };
}

function recogniserInfo(model: RemoteModel, family: string): ModelInfo {
  return {
    ...infoOf(model, family),
    kind: 'stt',
    canDetectLanguage: true,
    ...(model.parameters.chooseLanguage ? {} : { canChooseLanguage: false }),
  };
}

/** A recogniser that is given windows. */
function reader(model: RemoteModel, family: string): Model {
  const { parameters } = model;
  return {
    ...common(model),
    info: {
      ...recogniserInfo(model, family),
      ...(parameters.hotwords === undefined ? {} : { canBias: true as const }),
      ...(parameters.logprobs ? { canScore: true as const } : {}),
      maxWindowMs: parameters.windowMs,
    },
    transcribe: (pcm, options, signal) => transcribe(model, pcm, options, signal),
  };
}

/** A recogniser that hears while there is speech; a recording is given to it window by window. */
function listener(model: RemoteModel, family: string, rolling: Rolling | undefined): Model {
  const { parameters, pool, stallMs } = model;
  const connections = new RealtimeConnections(parameters.served);
  const open = (told: UtteranceListener) => openRealtime({ upstreams: pool, connections, stallMs }, told);
  return {
    ...common(model),
    info: {
      ...recogniserInfo(model, family),
      canTranslate: false,
      canTimeWords: false,
      canPrompt: false,
      maxWindowMs: Math.min(parameters.windowMs, rolling?.limitMs ?? Number.POSITIVE_INFINITY),
      ...(rolling === undefined ? {} : { rolling }),
    },
    openUtterance: (_options, told) => open(told),
    async *transcribe(pcm, _options, signal) {
      await pool.ready(signal);
      yield* transcribeWindow(open, pcm, signal);
    },
    async close() {
      connections.close();
      pool.close();
    },
  };
}

function speaker(model: RemoteModel, family: string, voices: readonly Voice[]): Model {
  const { cloning, cloningNeedsText, instructions } = model.parameters;
  const first = voices[0]?.id;
  return {
    ...common(model),
    info: {
      ...infoOf(model, family),
      kind: 'tts',
      canDetectLanguage: false,
      voices,
      speed: SPEEDS,
      ...(instructions ? { canInstruct: true as const } : {}),
      ...(cloning ? { cloning } : {}),
      ...(cloning && cloningNeedsText ? { cloningNeedsText } : {}),
    },
    synthesize: (text, options, signal) => synthesize(model, first, text, options, signal),
  };
}

/** A runtime without models, for the tests of dialects: deterministic, scripted, and it remembers what it was asked. */
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { type ModelInfo, type Segment, VoxError, type Warning } from '@vox-speech/contract';
import type { CatalogEntry, Manifest, PullEvent } from '../models/types.js';
import { foreignJob } from './aliases.js';
import { type FakeLive, fakeLive } from './fake-live.test.support.js';
import { type FakeSpeech, fakeSpeech } from './fake-speech.test.support.js';
import type {
  LoadedModel,
  ResumableSessions,
  Runtime,
  SpeakRequest,
  TranscribeRequest,
  VoiceConsent,
} from './types.js';

export const SEGMENTS: readonly Segment[] = [
  {
    text: ' Ask not',
    startMs: 320,
    endMs: 1480,
    tokens: [1, 2],
    averageLogProbability: -0.25,
    compressionRatio: 1.1,
    words: [
      { text: ' Ask', startMs: 320, endMs: 700, confidence: 0.9 },
      { text: ' not', startMs: 700, endMs: 1480 },
    ],
  },
  { text: ' what & <why>.', startMs: 3_661_001, endMs: 3_662_999, words: [] },
];

export function manifest(reference: string, kind: 'stt' | 'tts'): Manifest {
  return {
    schemaVersion: 1,
    reference,
    kind,
    family: kind === 'stt' ? 'whisper' : 'piper',
    engine: 'sherpa',
    description: `the ${reference}`,
    license: { id: 'MIT' },
    languages: ['en'],
    needs: [],
    parameters: { sample_rate: 16000 },
    files: [
      { name: 'a/model.onnx', digest: `sha256-${'0'.repeat(64)}`, size: 70 },
      { name: 'TOKENS', digest: `sha256-${'1'.repeat(64)}`, size: 7 },
    ],
    origin: 'pip example==1.0.0',
    recipe: 'r',
    companion: false,
    pulledAt: '2026-11-21T00:00:00.000Z',
  };
}

/** What the fake recogniser can. */
export const HEARING: ModelInfo = {
  kind: 'stt',
  family: 'whisper',
  sampleRate: 16_000,
  languages: ['en', 'de'],
  voices: [],
  maxWindowMs: 30_000,
  canTranslate: true,
  canDetectLanguage: true,
  canTimeWords: true,
  canPrompt: false,
  concurrency: 2,
};

export interface FakeRuntime extends Runtime {
  readonly asked: {
    transcribe: (TranscribeRequest & { bytes: number })[];
    speak: SpeakRequest[];
    listen: FakeLive[];
    speakStream: FakeSpeech[];
    decodeStream: string[];
    removed: string[];
    unloaded: (string | undefined)[];
    pulled: string[];
  };
  /** What the next calls do. */
  script: {
    segments: readonly Segment[];
    warnings: readonly Warning[];
    broken: readonly { readonly reference: string; readonly reason: string }[];
    language: string | undefined;
    /** Chunks of speech; a function may wait, throw or never end. */
    audio: (request: SpeakRequest) => AsyncIterable<Uint8Array>;
    transcribeError?: VoxError;
    speakError?: VoxError;
    listenError?: VoxError;
    /** Runs before the segments come. */
    work: (request: TranscribeRequest) => Promise<void>;
    pull: (model: string, signal: AbortSignal) => AsyncIterable<PullEvent>;
  };
}

export function fakeRuntime(limits = { uploadBytes: 1_000_000, textCharacters: 100 }): FakeRuntime {
  const models = new Map([
    ['whisper:base', manifest('whisper:base', 'stt')],
    ['piper:joe', manifest('piper:joe', 'tts')],
  ]);
  const consents = new Map<string, VoiceConsent>();
  const asked: FakeRuntime['asked'] = {
    transcribe: [],
    speak: [],
    listen: [],
    speakStream: [],
    decodeStream: [],
    removed: [],
    unloaded: [],
    pulled: [],
  };
  const find = (name: string): Manifest => {
    if (!/^[a-z0-9][a-z0-9._-]*(:[a-z0-9][a-z0-9._-]*)?$/.test(name))
      throw new VoxError('invalid_request', 'not a model name', { param: 'model' });
    const found = models.get(name === 'whisper' ? 'whisper:base' : name);
    if (found !== undefined) return found;
    throw name.startsWith('whisper')
      ? new VoxError('model_not_pulled', `Model '${name}' not found. Pull it first: vox pull ${name}`)
      : new VoxError('model_unknown', `Model '${name}' not found in catalog`, { param: 'model' });
  };
  const named = (model: string, kind: 'stt' | 'tts'): Manifest => {
    const foreign = model === '' || foreignJob(model) !== undefined;
    const found = foreign ? find(kind === 'stt' ? 'whisper:base' : 'piper:joe') : find(model);
    if (found.kind !== kind)
      throw new VoxError('wrong_kind', `Model '${model}' is not a ${kind} model`, { param: 'model' });
    return found;
  };
  const loaded: LoadedModel[] = [
    {
      reference: 'piper:joe',
      kind: 'tts',
      device: 'cpu',
      memoryBytes: 99,
      loadedAt: 1.5,
      lastUsed: 2.5,
      leases: 1,
      pid: 4,
    },
  ];
  const script: FakeRuntime['script'] = {
    segments: SEGMENTS,
    warnings: [],
    broken: [],
    language: 'en',
    audio: async function* () {
      yield Buffer.from([1, 0, 2, 0]);
      yield Buffer.from([3, 0, 4, 0, 5, 0]);
    },
    work: async () => {},
    pull: async function* (model) {
      yield { status: `pulling ${model}` };
      yield { status: 'downloading model.bin', completed: 0, total: 1, bytes_completed: 5, bytes_total: 10 };
      yield { status: 'success' };
    },
  };
  return {
    asked,
    script,
    limits,
    async transcribe(request) {
      const model = named(request.model, 'stt').reference;
      asked.transcribe.push({ ...request, bytes: (await readFile(request.path)).length });
      if (script.transcribeError) throw script.transcribeError;
      const summary = {
        durationMs: 8470,
        processingMs: 123.4,
        warnings: [],
        ...(script.language === undefined ? {} : { language: script.language }),
      };
      return {
        model,
        warnings: script.warnings,
        summary: Promise.resolve(summary),
        segments: (async function* () {
          await script.work(request);
          yield* script.segments;
        })(),
      };
    },
    async listen(request, listener) {
      const { reference } = named(request.model, 'stt');
      if (script.listenError) throw script.listenError;
      const { live, session } = fakeLive(request, listener, HEARING);
      asked.listen.push(live);
      return foreignJob(request.model) === undefined ? session : { ...session, model: reference };
    },

    async speakStream(request, listener) {
      named(request.model, 'tts');
      if (script.speakError) throw script.speakError;
      const { speech, stream } = fakeSpeech(request, listener, limits.textCharacters);
      asked.speakStream.push(speech);
      return stream;
    },

    // A stand-in for a decoder: what goes in comes out.
    async decodeStream({ format }) {
      asked.decodeStream.push(format);
      const output = new PassThrough();
      return { write: async (bytes) => void output.write(bytes), end: () => void output.end(), output };
    },

    async speak(request) {
      const model = named(request.model, 'tts').reference;
      asked.speak.push(request);
      if (script.speakError) throw script.speakError;
      return {
        model,
        sampleRate: request.sampleRate ?? 22_050,
        audio: script.audio(request),
        summary: Promise.resolve({ durationMs: 1, processingMs: 7.6, warnings: [] }),
        warnings: script.warnings,
      };
    },
    async voices(model) {
      named(model, 'tts');
      return [
        { id: 'default', name: 'Joe', language: 'en-us', gender: 'male' },
        { id: 'af_nova', name: 'Nova', language: 'en-us' },
      ];
    },
    list: async () => [...models.values()],
    broken: async () => script.broken,
    aliases: async () => [],
    defaultModel: async (kind) => named('', kind),
    show: async (model) => find(model === 'whisper-1' ? 'whisper:base' : model),
    loaded: () => loaded,
    remote: () => undefined,
    describe: (model) => {
      if (model === 'nope') throw new VoxError('model_unknown', `Model '${model}' not found in catalog`);
      return catalogEntry();
    },
    catalogProblems: [],
    search: ({ text }) => (text === 'none' ? [] : [catalogEntry()]),
    pull(model, { signal, acceptLicense }) {
      asked.pulled.push(acceptLicense ? `${model} (licence accepted)` : model);
      return (async function* () {
        if (model === 'nope') throw new VoxError('model_unknown', `Model '${model}' not found in catalog`);
        yield* script.pull(model, signal);
      })();
    },
    async remove(model) {
      if (find(model).kind === 'tts') throw new VoxError('conflict', `Model '${model}' is currently in use`);
      asked.removed.push(model);
    },
    resumable: notScripted,
    clonedVoices: {
      list: async () => [],
      get: async (id) => {
        throw new VoxError('not_found', `Voice '${id}' not found`);
      },
      remove: async (id) => {
        throw new VoxError('not_found', `Voice '${id}' not found`);
      },
      create: async () => {
        throw new VoxError('internal', 'not scripted');
      },
    },
    voiceConsents: {
      list: async () => [...consents.values()].reverse(),
      get: async (id) => consents.get(id) ?? noConsent(),
      create: async (_, details) => {
        const id = `cons_${consents.size.toString(16).padStart(16, '0')}`;
        const consent = { id, ...details, createdAt: 1_000 + consents.size };
        consents.set(id, consent);
        return consent;
      },
      rename: async (id, name) => {
        const renamed = { ...(consents.get(id) ?? noConsent()), name };
        consents.set(id, renamed);
        return renamed;
      },
      remove: async (id) => {
        if (!consents.delete(id)) noConsent();
      },
    },
    unloadIdle: async () => ['whisper:base'],
    memory: () => ({
      policy: { budgetBytes: 1000, idleTrimSeconds: 60 },
      serverBytes: 5,
      machine: { freeBytes: 6, totalBytes: 7 },
      models: loaded,
    }),
    trim: async (seconds) => (seconds > 100 ? [] : ['piper:joe']),
    async trimModel(model) {
      if (find(model).kind === 'tts') throw new VoxError('conflict', `Model '${model}' is currently in use`);
      return 8;
    },
    async makeRoomFor(bytes) {
      if (bytes > 1000) throw new VoxError('out_of_memory', 'the memory budget has no room');
    },
    async preload() {
      throw new VoxError('internal', 'not scripted');
    },
    async unload(model) {
      asked.unloaded.push(model);
      return ['piper:joe'];
    },
  };
}

function noConsent(): never {
  throw new VoxError('not_found', 'there is no such consent', { param: 'consent_id' });
}

function catalogEntry(): CatalogEntry {
  return {
    reference: 'whisper:base',
    aliases: ['whisper-stt:base'],
    kind: 'stt',
    family: 'whisper',
    description: 'the whisper:base',
    license: { id: 'MIT' },
    languages: ['en'],
    needs: [],
    importer: 'none',
    parameters: {},
    sources: [
      {
        type: 'https',
        files: [
          { as: 'a', paths: ['b'], size: 5 },
          { as: 'c', paths: ['d'], size: 6 },
        ],
      },
    ],
  };
}

const refuse = async (): Promise<never> => {
  throw new VoxError('internal', 'not scripted');
};

const notScripted: ResumableSessions = {
  create: refuse,
  append: refuse,
  finalize: refuse,
  trouble: () => undefined,
  close: async () => {},
};

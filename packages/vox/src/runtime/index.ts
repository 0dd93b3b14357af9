/** The runtime: the three acts behind every dialect, on top of the store and the scheduler. */
import { findFfmpeg, openStreamDecoder } from '@vox-speech/audio/node';
import { type ModelInfo, VoxError } from '@vox-speech/contract';
import { type Catalog, type Puller, parseReference, remoteModel, type Store } from '../models/index.js';
import type { Manifest } from '../models/types.js';
import type { LeasedHost } from '../scheduler/model-spec.js';
import type { Residency } from '../scheduler/residency.js';
import { Slots } from '../scheduler/slots.js';
import {
  type FailOver,
  type OpenSession,
  openWithFailOver,
  type Sessions,
  withRoomFor,
} from '../sessions/index.js';
import { createResumableSessions, type SessionStore } from '../sessions/resumable/index.js';
import type { ConsentStore, StoredVoice, VoiceStore } from '../voices/index.js';
import type { Job } from './aliases.js';
import { createClonedVoices, findReference } from './cloned-voices.js';
import { CALL_CHANNELS, type DiarizeParts, KNOWN_SECONDS, startDiarized } from './diarize/index.js';
import { orFallback } from './fail-over.js';
import { Learned } from './learned.js';
import { checkLive } from './listen.js';
import { openMedia } from './media.js';
import { createMemory } from './memory.js';
import { type Defaults, Names } from './names.js';
import { describeRemote } from './remote.js';
import { checkManner, checkSpeech, startSpeech, warningsOfVoice } from './speak.js';
import { modelSpec, type SpecSettings } from './spec.js';
import { SpeechStreamRun } from './speech-stream.js';
import { checkTranscription, startTranscription } from './transcribe.js';
import type {
  ListedVoice,
  LoadedModel,
  MemoryReport,
  Runtime,
  TranscribeRequest,
  Transcription,
} from './types.js';
import { upstreamRemarks } from './upstream-check.js';

export interface RuntimeSettings extends SpecSettings {
  readonly defaults: Defaults;
  /** Pull what a request names and the machine lacks. */
  readonly autoPull: boolean;
  readonly memoryPolicy: MemoryReport['policy'];
  readonly uploadBytes: number;
  readonly audioSeconds: number;
  /** Wall time that decoding one upload may take. */
  readonly mediaSeconds: number;
  /** Files that may wait for a decoder. */
  readonly queueLimit: number;
  /** Folder of temporary files. */
  readonly temporary: string;
  readonly textCharacters: number;
  /** The ffmpeg program that the user set, and the PATH to look on. */
  readonly ffmpegPath: string | undefined;
  readonly searchPath: string;
}

export interface RuntimeParts {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly puller: Puller;
  readonly residency: Residency;
  readonly sessions: Sessions;
  /** Put around every live stream, those of sessions by id too; absent = nothing. */
  readonly watch?: (listen: Runtime['listen']) => Runtime['listen'];
  /** Where sessions by id are kept. */
  readonly sessionStore: SessionStore;
  /** Voices made from recordings. */
  readonly voices: VoiceStore;
  readonly consents: ConsentStore;
  readonly settings: RuntimeSettings;
}

/** Decoders at once for each thread of the models: they wait for the disk, and short files must pass long ones. */
const DECODERS_PER_THREAD = 2;

/** Formats that need the ffmpeg program. */
const ENCODED = new Set(['mp3', 'opus', 'aac', 'flac']);

/** Kinds that work behind others: nobody asks them to transcribe or to speak. */
const BEHIND_OTHERS = new Set<Manifest['kind']>(['data', 'program', 'vad', 'diarizer']);

export function createRuntime(parts: RuntimeParts): Runtime {
  const { catalog, store, puller, residency, sessions, voices, consents, settings } = parts;
  const names = new Names(catalog, store, settings.defaults);
  const decoders = new Slots(settings.threads * DECODERS_PER_THREAD, settings.queueLimit);

  const ffmpeg = async (): Promise<string> => {
    const manifest = await store.get(catalog.resolve('ffmpeg')).catch(() => undefined);
    const pulledDir = manifest && (await store.viewDirectory(manifest).catch(() => undefined));
    return findFfmpeg({
      searchPath: settings.searchPath,
      ...(settings.ffmpegPath === undefined ? {} : { path: settings.ffmpegPath }),
      ...(pulledDir === undefined ? {} : { pulledDir }),
    });
  };

  const media = { timeoutMs: settings.mediaSeconds * 1000, places: decoders, ffmpeg };

  /** The model for a job, pulled now when that is allowed. */
  const forJob = async (model: string, job: Job, signal: AbortSignal): Promise<Manifest> => {
    try {
      return await names.forJob(model, job);
    } catch (error) {
      const wanted = names.wanted(model, job);
      if (
        !settings.autoPull ||
        wanted === undefined ||
        !VoxError.is(error) ||
        error.code !== 'model_not_pulled'
      )
        throw error;
      // Without its engine: a request to listen or to speak brings no program onto this machine.
      for await (const _ of puller.pull(wanted, { signal }));
      return names.forJob(model, job);
    }
  };
  const lease = (
    manifest: Manifest,
    keepAlive: number | undefined,
    signal: AbortSignal,
  ): Promise<LeasedHost> =>
    residency.acquire(manifest.reference, () => modelSpec(store, manifest, settings), keepAlive, signal);

  const learned = new Learned(async (manifest, signal) => {
    const spec = () => modelSpec(store, manifest, settings);
    const held = await residency.hold(manifest.reference, spec, undefined, signal);
    held.release();
    return held.host.info;
  });

  const loaded = (): readonly LoadedModel[] =>
    residency.loaded().map(({ expiresAt, pid, loadedAt, lastUsed, runsElsewhere, ...model }) => ({
      ...model,
      device: runsElsewhere ? 'remote' : 'cpu',
      loadedAt: loadedAt / 1000,
      lastUsed: lastUsed / 1000,
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt / 1000 }),
      ...(pid === undefined ? {} : { pid }),
    }));

  const diarizing: DiarizeParts = {
    async requireDiarizer() {
      await names.diarizer();
    },
    leaseDiarizer: async (signal) => lease(await names.diarizer(), undefined, signal),
    openReference: (path, signal) => openMedia(path, { ...media, maxSeconds: KNOWN_SECONDS }, signal),
  };

  /** A recogniser for a request: one that asks for what only some can is answered by what this one can. */
  const recogniser = async (
    { model, signal }: { readonly model: string; readonly signal: AbortSignal },
    asks: Pick<TranscribeRequest, 'prompt' | 'hotwords' | 'languages' | 'scores'>,
  ): Promise<Manifest> => {
    const manifest = await forJob(model, 'stt', signal);
    const special = asks.prompt || asks.hotwords?.length || asks.languages?.length || asks.scores;
    return special ? learned.complete(manifest, signal) : manifest;
  };

  const open: Runtime['listen'] = async (request, listener) => {
    const manifest = await recogniser(request, request.options);
    const on = (model: Manifest, wanted = request): OpenSession => {
      const { options, warnings } = checkLive(request.options, model);
      const hold = () =>
        residency.hold(
          model.reference,
          () => modelSpec(store, model, settings),
          request.keepAlive,
          request.signal,
        );
      return async (heard) => {
        const session = await sessions.open(hold, { ...wanted, options }, heard);
        for (const warning of warnings) heard.onEvent({ type: 'warning', warning });
        return session;
      };
    };
    const first = on(manifest);
    const { fallback } = settings.remote;
    if (fallback === undefined || remoteModel(manifest) === undefined) return first(listener);
    const second: FailOver['second'] = async (heard, againMs) =>
      on(await names.forJob(fallback, 'stt'), withRoomFor(againMs, request))(heard);
    const { signal, options } = request;
    return openWithFailOver({ first, second, audio: options, signal }, listener);
  };
  const listen = parts.watch?.(open) ?? open;

  return {
    limits: { uploadBytes: settings.uploadBytes, textCharacters: settings.textCharacters },

    async transcribe(request) {
      const manifest = await recogniser(request, request);
      const checked = checkTranscription(request, manifest);
      const opened = await openMedia(
        request.path,
        {
          ...media,
          maxSeconds: settings.audioSeconds,
          ...(request.raw === undefined ? {} : { raw: request.raw }),
          ...(request.diarize === undefined ? {} : { channels: CALL_CHANNELS }),
        },
        request.signal,
      );
      const by = async (chosen: Manifest, { options, warnings } = checked): Promise<Transcription> => {
        const leased = await lease(chosen, request.keepAlive, request.signal);
        const { diarize } = request;
        const { reference } = chosen;
        try {
          return diarize === undefined
            ? startTranscription(request, reference, options, leased, opened, warnings)
            : await startDiarized(
                { ...request, diarize },
                reference,
                options,
                leased,
                opened,
                warnings,
                diarizing,
              );
        } catch (error) {
          leased.release();
          throw error;
        }
      };
      const { fallback } = settings.remote;
      const start = async (): Promise<Transcription> => {
        if (fallback === undefined || remoteModel(manifest) === undefined) return by(manifest);
        const instead = async () => {
          const other = await names.forJob(fallback, 'stt');
          return by(other, checkTranscription(request, other));
        };
        return orFallback(() => by(manifest), { name: fallback, start: instead }, request.signal);
      };
      try {
        const transcription = await start();
        void transcription.summary.catch(() => {}).finally(() => opened.dispose());
        return transcription;
      } catch (error) {
        await opened.dispose();
        throw error;
      }
    },

    async speak(request) {
      const named = await forJob(request.model, 'tts', request.signal);
      const manifest = await learned.complete(named, request.signal);
      const cloned = await findReference(request.voice, manifest, voices, store);
      checkSpeech(request, manifest.info, settings.textCharacters, cloned !== undefined);
      const encoder = ENCODED.has(request.format) ? { ffmpeg: await ffmpeg() } : {};
      const leased = await lease(manifest, request.keepAlive, request.signal);
      return startSpeech(
        request,
        manifest.reference,
        leased,
        { ...encoder, directory: settings.temporary },
        cloned,
      );
    },

    async speakStream(request, listener) {
      const named = await forJob(request.model, 'tts', request.signal);
      const manifest = await learned.complete(named, request.signal);
      const cloned = await findReference(request.voice, manifest, voices, store);
      checkManner(request, manifest.info, cloned !== undefined);
      const encoder = ENCODED.has(request.format) ? await ffmpeg() : undefined;
      // The model stays for the whole stream; a place on it is taken for each sentence.
      const held = await residency.hold(
        manifest.reference,
        () => modelSpec(store, manifest, settings),
        request.keepAlive,
        request.signal,
      );
      return new SpeechStreamRun(request, listener, {
        held,
        ffmpeg: encoder,
        warnings: cloned === undefined ? warningsOfVoice(request.voice, held.host.info) : [],
        maxWaiting: settings.textCharacters,
        speak: async (sentence) =>
          startSpeech(
            sentence,
            manifest.reference,
            await lease(manifest, request.keepAlive, request.signal),
            { directory: settings.temporary },
            cloned,
          ),
      });
    },

    async decodeStream(request) {
      return openStreamDecoder({ ...request, ffmpeg: await ffmpeg() });
    },

    listen,

    resumable: createResumableSessions({
      store: parts.sessionStore,
      listen,
      resolve: async ({ model, language, decoder, signal }) => {
        const manifest = await forJob(model, 'stt', signal);
        const asked = {
          task: 'transcribe',
          words: false,
          ...(language === undefined ? {} : { language }),
          ...(decoder === undefined ? {} : { decoder }),
        } as const;
        return { reference: manifest.reference, warnings: checkTranscription(asked, manifest).warnings };
      },
    }),

    async voices(model) {
      const { info } = await learned.complete(await names.forJob(model, 'tts'), new AbortController().signal);
      const stored = info?.cloning === true ? await voices.list() : [];
      return [...(info?.voices ?? []), ...stored.map(asListed)];
    },

    clonedVoices: createClonedVoices(voices, consents, media),

    voiceConsents: consents,

    async list(options = {}) {
      const { models } = await store.list();
      return models.filter((m) => options.all === true || !BEHIND_OTHERS.has(m.kind));
    },

    async broken() {
      const { broken } = await store.list();
      return broken.map(({ reference, reason }) => ({ reference, reason }));
    },

    defaultModel: (kind) => names.forJob('', kind),

    show: (model) => names.shown(model),

    aliases: () => names.aliases(),

    loaded,

    ...createMemory(residency, names, loaded, settings.memoryPolicy),

    describe: (model) => catalog.get(model),

    remote: (model) => describeRemote(model, settings.remote),

    catalogProblems: catalog.problems,

    search: (query) => catalog.search(query),

    async *pull(model, options) {
      for await (const event of puller.pull(model, { ...options, installEngines: true })) {
        // Its last word is `success`, and what there is to say of upstreams comes before that.
        if (event.status === 'success')
          yield* upstreamRemarks(catalog.get(model), settings.remote, options.signal);
        yield event;
      }
    },

    async remove(model) {
      const { reference } = await names.pulled(model);
      if (residency.loaded().some((m) => m.reference === reference && m.leases > 0)) {
        throw new VoxError('conflict', `Model '${model}' is currently in use`);
      }
      await residency.unload(reference);
      await store.remove(parseReference(reference));
    },

    async preload(model, keepAlive): Promise<ModelInfo> {
      const leased = await lease(await names.shown(model), keepAlive, new AbortController().signal);
      leased.release();
      return leased.host.info;
    },

    async unload(model) {
      return residency.unload(model === undefined ? undefined : (await names.shown(model)).reference);
    },
  };
}

function asListed({ id, name, language, gender }: StoredVoice): ListedVoice {
  return {
    id,
    name,
    cloned: true,
    ...(language === undefined ? {} : { language }),
    ...(gender === undefined ? {} : { gender }),
  };
}

/** ElevenLabs' text to speech, as far as its clients in voice agents ask for it. docs/deepgram-elevenlabs.md. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { DEFAULT_STALL_MS, type Upgrades } from '../../transport/index.js';
import { socketCommand, voiceOf } from './codec.js';
import { errorBody } from './errors.js';
import { SpeechSocket } from './socket.js';
import { FORMS, speech } from './speech.js';
import { listVoices, type VoiceAlias } from './voices.js';

export interface ElevenlabsOptions {
  readonly runtime: Runtime;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly log: Log;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** A body may pause this long, in ms. */
  readonly stallMs?: number;
  /** Further names of voices; of several with one name the first that a model has. */
  readonly voiceAliases?: readonly VoiceAlias[];
}

const ROOT = '/v1/text-to-speech/';

/** Registers the routes, and the error shape of everything under them. */
export function register(app: FastifyInstance, options: ElevenlabsOptions): void {
  const { runtime, upgrades, log, voiceAliases = [] } = options;
  const speaking = { ...options, stallMs: options.stallMs ?? DEFAULT_STALL_MS, voiceAliases };
  app.errorShapes.add(ROOT, errorBody);
  app.errorShapes.add('/v1/voices', errorBody);
  for (const form of FORMS)
    app.post(`${ROOT}:voice_id${form}`, (request, reply) => speech(speaking, form, request, reply));
  app.get('/v1/voices', async () => listVoices(await runtime.voices('')));
  for (const [path, multi] of [
    ['stream-input', false],
    ['multi-stream-input', true],
  ] as const)
    upgrades.add({
      path: `${ROOT}:voice_id/${path}`,
      check({ url = '' }) {
        socketCommand(url);
        voiceOf(url);
      },
      open(socket, { url = '' }) {
        new SpeechSocket(
          socket,
          socketCommand(url),
          { runtime, voiceAliases, log },
          { wanted: voiceOf(url), multi, id: randomUUID() },
        );
      },
    });
}

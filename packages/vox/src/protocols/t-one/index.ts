/** The dialect of the T-one REST wrapper: `/transcribe`, sessions by id below it, the demo's `/api/ws`; `/` and `/health` under VOX_COMPAT. */
import type { FastifyInstance } from 'fastify';
import type { Health, Log } from '../../observe/index.js';
import type { ResumableSessions, Runtime } from '../../runtime/types.js';
import { DEFAULT_STALL_MS, type Upgrades } from '../../transport/index.js';
import { errorBody, STATUSES } from './errors.js';
import { registerShared } from './health.js';
import { type ApiNames, ORIGINAL_NAMES } from './render.js';
import { DemoConnection } from './socket.js';
import { chunk, finalize, start } from './streaming.js';
import { transcribe } from './transcribe.js';

export interface ToneOptions {
  readonly runtime: Runtime;
  readonly sessions: ResumableSessions;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly log: Log;
  readonly health: Health;
  /** Are the original's `/` and `/health` ours? */
  readonly compat: boolean;
  /** What `GET /` calls the API; absent = as the original. */
  readonly names?: Partial<ApiNames>;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs?: number;
}

/** Registers the routes, and the error shape of everything under `/transcribe`. */
export function register(app: FastifyInstance, options: ToneOptions): void {
  const { runtime, sessions, upgrades, log, health, uploadDirectory } = options;
  const settings = {
    directory: uploadDirectory,
    fileBytes: runtime.limits.uploadBytes,
    stallMs: options.stallMs ?? DEFAULT_STALL_MS,
  };
  const streaming = { runtime, sessions, settings, log };
  app.errorShapes.add('/transcribe', errorBody, STATUSES);
  app.post('/transcribe', (request, reply) => transcribe(runtime, settings, request, reply));
  app.post('/transcribe/streaming', (request, reply) => start(streaming, request, reply));
  app.post('/transcribe/streaming/chunk', (request, reply) => chunk(streaming, request, reply));
  app.post('/transcribe/streaming/finalize', (request, reply) => finalize(streaming, request, reply));
  upgrades.add({
    path: '/api/ws',
    open(socket, request) {
      void new DemoConnection(socket, options.log).start(runtime, request.url ?? '');
    },
  });
  if (!options.compat) return;
  // Of what no other dialect answers.
  app.errorShapes.add('/', errorBody, STATUSES);
  registerShared(app, { runtime, sessions, health, names: { ...ORIGINAL_NAMES, ...options.names } });
}

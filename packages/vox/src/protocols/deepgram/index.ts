/** Deepgram's `/v1/listen`: a WebSocket for live speech, and recordings over HTTP. docs/deepgram-elevenlabs.md. */
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { DEFAULT_STALL_MS, type Upgrades } from '../../transport/index.js';
import type { DeepgramSettings } from './codec.js';
import { ListenConnection } from './connection.js';
import { errorBody } from './errors.js';
import { transcribe } from './recorded.js';
import { readLive } from './schema.js';

export interface DeepgramOptions {
  readonly runtime: Runtime;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly settings: DeepgramSettings;
  readonly log: Log;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs?: number;
}

const PATH = '/v1/listen';

/** Registers both, and the error shape of everything under `/v1/listen`. */
export function register(app: FastifyInstance, options: DeepgramOptions): void {
  const { runtime, upgrades, settings, log, uploadDirectory, stallMs = DEFAULT_STALL_MS } = options;
  app.errorShapes.add(PATH, errorBody);
  app.post(PATH, (request, reply) => transcribe({ runtime, uploadDirectory, stallMs }, request, reply));
  upgrades.add({
    path: PATH,
    // A wrong parameter is answered before there is a socket, as Deepgram does: clients don't try again then.
    check: ({ url = '' }) => void readLive(url),
    open(socket, { url = '' }) {
      void new ListenConnection(socket, readLive(url), { runtime, settings, log }).start();
    },
  });
}

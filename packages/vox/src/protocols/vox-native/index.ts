/** The native dialect: V1 under `/api`, V2 under `/v1`, probes, and what shared paths answer. */
import type { FastifyInstance } from 'fastify';
import type { Health } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { DEFAULT_STALL_MS } from '../../transport/index.js';
import { registerCatalog } from './catalog.js';
import type { Compat } from './compat.js';
import { registerHealth } from './health.js';
import { registerModels } from './models.js';
import { registerSpeech } from './speech.js';
import { registerSystem } from './system.js';
import { registerVoices } from './voices.js';

export type { Compat } from './compat.js';

export interface VoxNativeOptions {
  readonly runtime: Runtime;
  readonly health: Health;
  readonly compat: Compat;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs?: number;
}

/** Registers every native route. Errors under `/api/` are `{"detail": "..."}`, or a list of fields where those are at fault. */
export function register(app: FastifyInstance, options: VoxNativeOptions): void {
  const { runtime, uploadDirectory, stallMs = DEFAULT_STALL_MS } = options;
  app.errorShapes.add('/api/', (error) => ({ detail: error.issues ?? error.message }));
  // Vox 0.2.2's client looks at the lines of a pull and never at its status.
  app.errorShapes.add('/api/pull', (error) => ({
    status: 'error',
    error: error.message,
    detail: error.issues ?? error.message,
  }));
  registerHealth(app, options);
  registerModels(app, runtime);
  registerCatalog(app, runtime);
  registerSystem(app, runtime);
  registerSpeech(app, { runtime, uploadDirectory, stallMs });
  registerVoices(app, { runtime, uploadDirectory, stallMs });
}

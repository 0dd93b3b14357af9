/** A runtime with sessions by id and nothing around it: what `app.ts` composes, less the protocols. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelHost } from '../../packages/vox/dist/host/model-host.js';
import { startProcessRunner } from '../../packages/vox/dist/host/process.js';
import { engineModule, openCatalog, Store } from '../../packages/vox/dist/models/index.js';
import { createRuntime } from '../../packages/vox/dist/runtime/index.js';
import { Residency } from '../../packages/vox/dist/scheduler/residency.js';
import { Sessions } from '../../packages/vox/dist/sessions/index.js';
import { RedisStore } from '../../packages/vox/dist/sessions/resumable/redis.js';

export const LIMITS = { timeoutMs: 60_000, maxSessions: 1_000, maxBytes: 64 << 20 };

/** Returns the runtime and `close`. */
export async function openRuntime(home, sessionStore, maxStreams = 300) {
  const temporary = mkdtempSync(join(tmpdir(), 'vox-session-runtime-'));
  const residency = new Residency({
    maxLoaded: 2,
    keepAliveSeconds: 600,
    idleTrimSeconds: 0,
    queueLimit: 100,
    now: Date.now,
    load: (spec, signal) => ModelHost.load(startProcessRunner, spec, 60_000, signal),
  });
  const sessions = new Sessions({ maxStreams });
  const runtime = createRuntime({
    catalog: await openCatalog({ home, signal: new AbortController().signal }),
    store: await Store.open(home),
    residency,
    sessions,
    sessionStore,
    settings: {
      threads: 2,
      device: 'cpu',
      remote: { upstreams: [], stallMs: 1_000 },
      engineModule: (name, model) => engineModule(home, name, model),
      defaults: { aliases: [] },
      autoPull: false,
      memoryPolicy: { budgetBytes: null, idleTrimSeconds: 0 },
      uploadBytes: 1 << 30,
      audioSeconds: 3_600,
      mediaSeconds: 60,
      queueLimit: 10,
      temporary,
      textCharacters: 1_000,
      ffmpegPath: undefined,
      searchPath: '',
    },
  });
  return {
    runtime,
    sessions: runtime.resumable,
    async close() {
      await runtime.resumable.close();
      sessions.stop();
      await residency.close();
      rmSync(temporary, { recursive: true, force: true });
    },
  };
}

export const openRedis = (url, limits = {}) => RedisStore.open({ ...LIMITS, prefix: 't:', url, ...limits });

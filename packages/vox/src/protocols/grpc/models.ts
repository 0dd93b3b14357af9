/** `HealthService` and `ModelService`: what is up, what is pulled, pulling, removing. */
import { VoxError } from '@vox-speech/contract';
import type { Health } from '../../observe/index.js';
import type { PullEvent, Runtime } from '../../runtime/types.js';
import type { GrpcContext, GrpcServer } from '../../transport/grpc/index.js';
import { abortable } from '../../transport/index.js';
import { listItem, loadedItem, show } from '../vox-shapes/index.js';
import type { Empty, Named, PullRequest, Reply } from './messages.js';
import type { Protos } from './proto.js';

export interface ModelsOptions {
  readonly runtime: Runtime;
  readonly health: Health;
}

export function registerModels(server: GrpcServer, protos: Protos, { runtime, health }: ModelsOptions): void {
  server.add({
    kind: 'unary',
    method: protos.method<Empty, Reply>('vox.HealthService', 'Health'),
    handle() {
      if (health.state === 'ready') return { status: 'ok' };
      throw new VoxError('shutting_down', `the server is ${health.state}`, { retryAfter: 1 });
    },
  });
  server.add({
    kind: 'unary',
    method: protos.method<Empty, Reply>('vox.HealthService', 'ListLoaded'),
    handle: () => ({ models: runtime.loaded().map(loadedItem) }),
  });
  server.add({
    kind: 'unary',
    method: protos.method<Empty, Reply>('vox.ModelService', 'List'),
    handle: async () => ({ models: (await runtime.list()).map(listItem) }),
  });
  server.add({
    kind: 'unary',
    method: protos.method<Named, Reply>('vox.ModelService', 'Show'),
    async handle({ name }) {
      const manifest = await runtime.show(required(name));
      const { config, layers } = show(name, manifest, runtime.remote(manifest));
      return { name, config: strings(config), layers };
    },
  });
  server.add({
    kind: 'unary',
    method: protos.method<Named, Reply>('vox.ModelService', 'Delete'),
    async handle({ name }) {
      await runtime.remove(required(name));
      return { status: 'success' };
    },
  });
  server.add({
    kind: 'server-stream',
    method: protos.method<PullRequest, Reply>('vox.ModelService', 'Pull'),
    handle: (request, context) => pull(runtime, request, context),
  });
}

/** Whatever goes wrong is the last message, as in the original: only a call that ends early has another status than OK. */
async function* pull(
  runtime: Runtime,
  { name, variant }: PullRequest,
  { signal }: GrpcContext,
): AsyncGenerator<Reply, void> {
  let warning = variant === '' ? undefined : `variant ${variant} is not used: there is one build`;
  try {
    for await (const event of abortable<PullEvent>(runtime.pull(required(name), { signal }), signal)) {
      yield { ...event };
      if (warning !== undefined) yield { status: 'warning', error: warning };
      warning = undefined;
    }
  } catch (thrown) {
    const error = VoxError.from(thrown);
    if (signal.aborted || error.code === 'internal') throw thrown;
    yield { status: 'error', error: error.message };
  }
}

function required(name: string): string {
  if (name !== '') return name;
  throw new VoxError('invalid_request', 'name is empty; give a model, such as whisper:base', {
    param: 'name',
  });
}

/** A map of strings has no other values: those are JSON. */
function strings(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

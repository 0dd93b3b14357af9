/** Listing, describing, pulling, removing, unloading models: V1 under `/api`, V2 under `/v1`. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PullEvent, Runtime } from '../../runtime/types.js';
import {
  NDJSON_TYPE,
  ndjson,
  readJson,
  requestSignal,
  started,
  streamBody,
  validate,
} from '../../transport/index.js';
import { listItem, loadedItem, show } from '../vox-shapes/index.js';
import { readBody } from './body.js';
import { aliasedModel, openaiModel } from './render.js';
import { nameSchema, pullSchema, stopSchema } from './schema.js';

/** Bodies here are a few names. */
const MAX_BODY = { maxBytes: 64 * 1024 };

/** @throws nothing; registers only */
export function registerModels(app: FastifyInstance, runtime: Runtime): void {
  const list = async () => (await runtime.list()).map(listItem);
  const loaded = () => ({ models: runtime.loaded().map(loadedItem) });
  const remove = async (name: string) => {
    await runtime.remove(name);
    return { status: 'success' };
  };

  // Only where there are some, so that clients who check shapes see the original's.
  const broken = async () => {
    const found = await runtime.broken();
    return found.length === 0
      ? {}
      : { broken: found.map(({ reference, reason }) => ({ name: reference, reason })) };
  };

  app.get('/api/list', async () => ({ models: await list(), ...(await broken()) }));
  app.get('/v1/models', async () => {
    const manifests = await runtime.list();
    return {
      object: 'list',
      data: [...manifests.map(openaiModel), ...(await runtime.aliases()).map(aliasedModel)],
      models: manifests.map(listItem),
      ...(await broken()),
    };
  });
  app.get('/api/ps', async () => loaded());
  app.get('/v1/models/loaded', async () => loaded());

  app.post('/api/show', async (request) => {
    const { name } = await readBody(nameSchema, request);
    const manifest = await runtime.show(name);
    return show(name, manifest, runtime.remote(manifest));
  });
  app.get('/v1/models/*', async (request) => {
    const name = modelName(request);
    const manifest = await runtime.show(name);
    return { ...openaiModel(manifest), id: name, ...show(name, manifest, runtime.remote(manifest)) };
  });

  app.delete('/api/delete', async (request) => remove((await readBody(nameSchema, request)).name));
  app.delete('/v1/models/*', async (request) => {
    const name = modelName(request);
    // OpenAI's answer to a delete and the original's, in one.
    return { ...(await remove(name)), id: name, object: 'model', deleted: true };
  });

  const pull = (request: FastifyRequest, reply: FastifyReply) => sendPull(runtime, request, reply);
  app.post('/api/pull', pull);
  app.post('/v1/models/pull', pull);

  app.post('/api/stop', async (request) => {
    const wanted = validate(stopSchema, await readJson(request, MAX_BODY));
    return { unloaded: await runtime.unload('name' in wanted ? wanted.name : undefined) };
  });
}

/** What follows `/v1/models/`, percent-decoded; the runtime's grammar refuses what is no reference. */
function modelName(request: FastifyRequest): string {
  const name = (request.params as { '*'?: string })['*'] ?? '';
  if (name === '') throw new VoxError('invalid_request', 'the path names no model', { param: 'model' });
  return name;
}

async function sendPull(
  runtime: Runtime,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { name, variant, accept_license: accepted } = await readBody(pullSchema, request);
  const signal = requestSignal(request);
  // What can't be pulled at all fails before its first event, so it still gets its own status.
  const events = await started<PullEvent>(
    runtime.pull(name, { signal, acceptLicense: accepted === true }),
    signal,
  );
  const warned = variant ? withWarning(events, `variant ${variant} is not used: there is one build`) : events;
  const lines = ndjson(warned, (error) => ({ status: 'error', error: VoxError.from(error).message }));
  return reply.type(NDJSON_TYPE).send(streamBody(lines));
}

/** The original's second line. */
async function* withWarning(
  events: AsyncIterable<PullEvent>,
  error: string,
): AsyncGenerator<PullEvent, void> {
  let first = true;
  for await (const event of events) {
    yield event;
    if (first) yield { status: 'warning', error };
    first = false;
  }
}

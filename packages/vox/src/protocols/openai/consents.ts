/** `/v1/audio/voice_consents`: recordings in which somebody says that their voice may be used. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Runtime, VoiceConsent } from '../../runtime/types.js';
import { form, readJson, receiveFile, validate } from '../../transport/index.js';
import { consentNameSchema, consentsSchema, MAX_LABEL } from './schema.js';

export interface ConsentsOptions {
  readonly runtime: Pick<Runtime, 'voiceConsents'>;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

const PATH = '/v1/audio/voice_consents';
/** OpenAI's. */
const MAX_RECORDING_BYTES = 10 * 1024 * 1024;
/** A name in JSON. */
const MAX_BODY_BYTES = 16 * 1024;

/** @throws nothing; registers only */
export function registerConsents(app: FastifyInstance, options: ConsentsOptions): void {
  const { voiceConsents } = options.runtime;
  app.post(PATH, (request) => create(options, request));
  app.get(PATH, async (request) => {
    const { after, limit } = validate(consentsSchema, request.query);
    return page(await voiceConsents.list(), after, limit);
  });
  app.get(`${PATH}/:id`, async (request) => rendered(await voiceConsents.get(idOf(request))));
  app.post(`${PATH}/:id`, async (request) => {
    const body = await readJson(request, { maxBytes: MAX_BODY_BYTES, stallMs: options.stallMs });
    const { name } = validate(consentNameSchema, body);
    return rendered(await voiceConsents.rename(idOf(request), name.trim()));
  });
  app.delete(`${PATH}/:id`, async (request) => {
    const id = idOf(request);
    await voiceConsents.remove(id);
    return { id, object: 'audio.voice_consent', deleted: true };
  });
}

async function create({ runtime, uploadDirectory, stallMs }: ConsentsOptions, request: FastifyRequest) {
  const upload = await receiveFile(request, {
    directory: uploadDirectory,
    fileBytes: MAX_RECORDING_BYTES,
    stallMs,
    fileField: 'recording',
  });
  try {
    const label = (field: string): string => {
      const value = form.text(upload.fields, field)?.trim() ?? '';
      if (value !== '' && value.length <= MAX_LABEL) return value;
      throw new VoxError('invalid_request', `${field} must have 1 to ${MAX_LABEL} characters`, {
        param: field,
      });
    };
    const { path } = upload.file;
    const details = { name: label('name'), language: label('language') };
    return rendered(await runtime.voiceConsents.create(path, details));
  } finally {
    await upload.dispose();
  }
}

/** A page of the list as OpenAI's clients turn it; an `after` that is gone begins at the beginning. */
function page(all: readonly VoiceConsent[], after: string | undefined, limit: number) {
  const from = all.findIndex(({ id }) => id === after) + 1;
  const data = all.slice(from, from + limit).map(rendered);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + data.length < all.length,
  };
}

function rendered({ id, name, language, createdAt }: VoiceConsent) {
  return { id, object: 'audio.voice_consent', created_at: createdAt, language, name };
}

/** Percent-decoded; the store's grammar refuses what is no id. */
function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

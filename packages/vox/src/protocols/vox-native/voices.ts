/** Voices: a model's own, and those made from recordings. */
import { createReadStream } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClonedVoice, Runtime } from '../../runtime/types.js';
import { form, receiveFile, requestSignal, validate } from '../../transport/index.js';
import { voiceItem } from '../vox-shapes/index.js';
import { checkedVoice, MAX_SAMPLE_BYTES, voicesOf } from '../vox-shapes/voices.js';
import { missingField } from './body.js';
import { audioVoice, clonedVoice } from './render.js';
import { voicesSchema } from './schema.js';

export interface VoicesOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

/** @throws nothing; registers only */
export function registerVoices(app: FastifyInstance, options: VoicesOptions): void {
  const { runtime } = options;
  const { clonedVoices } = runtime;

  const list = async (request: FastifyRequest) => {
    const { model, cloned, legacy } = validate(voicesSchema, request.query);
    const voices =
      cloned === 'true' ? (await clonedVoices.list()).map(asListed) : await voicesOf(runtime, model);
    return { voices: legacy === 'true' ? voices.map(({ id }) => id) : voices };
  };
  app.get('/api/voices', list);
  app.get('/v1/audio/voices', list);
  app.post('/v1/audio/voices', (request) => create(options, request));
  app.delete('/v1/audio/voices/:id', async (request) => {
    const id = voiceId(request);
    await clonedVoices.remove(id);
    return { id, object: 'audio.voice.deleted', deleted: true };
  });
  app.get('/v1/audio/voices/:id/reference', async (request, reply: FastifyReply) => {
    const { id, path, bytes } = await clonedVoices.get(voiceId(request));
    return reply
      .type('audio/wav')
      .headers({ 'content-length': bytes, 'content-disposition': `attachment; filename=${id}.wav` })
      .send(createReadStream(path));
  });
}

function asListed({ id, name, language, gender }: ClonedVoice) {
  return voiceItem({
    id,
    name,
    cloned: true,
    ...(language === undefined ? {} : { language }),
    ...(gender === undefined ? {} : { gender }),
  });
}

async function create({ runtime, uploadDirectory, stallMs }: VoicesOptions, request: FastifyRequest) {
  const upload = await receiveFile(request, {
    directory: uploadDirectory,
    fileBytes: Math.min(runtime.limits.uploadBytes, MAX_SAMPLE_BYTES),
    stallMs,
    fileField: 'audio_sample',
    missing: missingField,
  });
  try {
    const { fields, file } = upload;
    if (!fields.has('name')) throw missingField('name');
    const details = checkedVoice((field) => form.text(fields, field), runtime.limits.textCharacters);
    // OpenAI's form of the request has a consent, and is answered in its own form.
    const consent = form.text(fields, 'consent');
    const voice = await runtime.clonedVoices.create({
      ...details,
      ...(consent === undefined ? {} : { consent }),
      path: file.path,
      signal: requestSignal(request),
    });
    return consent === undefined ? clonedVoice(voice) : audioVoice(voice);
  } finally {
    await upload.dispose();
  }
}

/** Percent-decoded; the store's grammar refuses what is no id. */
function voiceId(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

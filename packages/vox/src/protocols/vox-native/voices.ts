/** Voices: a model's own, and those made from recordings. */
import { createReadStream } from 'node:fs';
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClonedVoice, Runtime } from '../../runtime/types.js';
import { form, receiveFile, requestSignal, validate } from '../../transport/index.js';
import { missingField } from './body.js';
import { clonedVoice, voiceItem } from './render.js';
import { voicesSchema } from './schema.js';

export interface VoicesOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

/** Half a minute of the widest WAV that is read, 192 kHz with two channels of 32 bits, is 46 MB. */
const MAX_SAMPLE_BYTES = 64 * 1024 * 1024;
/** Characters of a name, a language, a gender. */
const MAX_WORD = 200;

/** @throws nothing; registers only */
export function registerVoices(app: FastifyInstance, options: VoicesOptions): void {
  const { runtime } = options;
  const { clonedVoices } = runtime;

  const list = async (request: FastifyRequest) => {
    const { model, cloned } = validate(voicesSchema, request.query);
    if (cloned === 'true') return { voices: (await clonedVoices.list()).map(asListed) };
    return { voices: model ? await voicesOf(runtime, model) : await voicesOfLoaded(runtime) };
  };
  app.get('/api/voices', list);
  app.get('/v1/audio/voices', list);
  app.post('/v1/audio/voices', (request) => create(options, request));
  app.delete('/v1/audio/voices/:id', async (request) => {
    const id = voiceId(request);
    await clonedVoices.remove(id);
    return { id, deleted: true };
  });
  app.get('/v1/audio/voices/:id/reference', async (request, reply: FastifyReply) => {
    const { id, path, bytes } = await clonedVoices.get(voiceId(request));
    return reply
      .type('audio/wav')
      .headers({ 'content-length': bytes, 'content-disposition': `attachment; filename=${id}.wav` })
      .send(createReadStream(path));
  });
}

async function voicesOf(runtime: Runtime, model: string) {
  return (await runtime.voices(model)).map((voice) => voiceItem(voice));
}

/** Without a model: the voices of what is loaded, each with its model, as the original. */
async function voicesOfLoaded(runtime: Runtime) {
  const speaking = runtime.loaded().filter(({ kind }) => kind === 'tts');
  const each = speaking.map(async ({ reference }) =>
    (await runtime.voices(reference)).map((voice) => voiceItem(voice, reference)),
  );
  return (await Promise.all(each)).flat();
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
    const text = (field: string, most: number) => atMost(most, field, form.text(fields, field)?.trim() ?? '');
    const name = text('name', MAX_WORD);
    if (name === '') throw new VoxError('invalid_request', 'name is empty; give one', { param: 'name' });
    const language = text('language', MAX_WORD) || undefined;
    const gender = text('gender', MAX_WORD) || undefined;
    return clonedVoice(
      await runtime.clonedVoices.create({
        path: file.path,
        name,
        referenceText: text('reference_text', runtime.limits.textCharacters),
        ...(language === undefined ? {} : { language }),
        ...(gender === undefined ? {} : { gender }),
        signal: requestSignal(request),
      }),
    );
  } finally {
    await upload.dispose();
  }
}

function atMost(most: number, field: string, text: string): string {
  if (text.length <= most) return text;
  throw new VoxError('invalid_request', `${field} has ${text.length} characters; at most ${most} are taken`, {
    param: field,
  });
}

/** Percent-decoded; the store's grammar refuses what is no id. */
function voiceId(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

/** Word errors of whisper:base on recorded speech, language given. The limits are the project's promise. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer, upload } from './server.mjs';

/** Share of words that may differ. */
const LIMITS = {
  'jfk.wav': 0.03,
  'austen-1.wav': 0.03,
  'austen-2.wav': 0.03,
  'two-cities.wav': 0.04,
  'beckett.wav': 0.1,
};

describe('word errors on recorded speech', { skip: NO_MODELS || NO_SHARED_AUDIO }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  for (const [file, limit] of Object.entries(LIMITS)) {
    it(`${file}: at most ${limit * 100} %`, async () => {
      const references = JSON.parse(readFileSync(join(SHARED_AUDIO, 'references.json'), 'utf8'));
      const bytes = readFileSync(join(SHARED_AUDIO, file));
      const { text } = await (
        await upload(server.url, bytes, { model: 'whisper:base', language: 'en' })
      ).json();
      const { errors, words } = wordErrors(references[file].text, text);
      assert.ok(errors / words <= limit, `${errors} of ${words}: ${text}`);
    });
  }

  it('a FLAC at 8 kHz is decoded, and its language detected', async () => {
    const bytes = readFileSync(join(SHARED_AUDIO, 'russian-8k.flac'));
    const fields = { model: 'whisper:base', response_format: 'verbose_json' };
    const body = await (await upload(server.url, bytes, fields, { name: 'x.flac' })).json();
    assert.equal(body.language, 'russian');
    assert.match(body.text, /[а-я]{3}/);
  });
});

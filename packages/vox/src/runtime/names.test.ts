import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryHome } from '../models/hub.test.support.js';
import { Catalog, Store } from '../models/index.js';
import { Names } from './names.js';

test('a request for a model that nothing here runs is told what to use, not to pull it', async (t) => {
  const names = new Names(new Catalog(), await Store.open(await temporaryHome(t)), {});
  await assert.rejects(names.forJob('orpheus-tts', 'tts'), {
    code: 'model_not_pulled',
    message: /needs the engine 'orpheus-tts-vllm'.*use kokoro:v1\.0 instead/,
  });
  await assert.rejects(names.forJob('whisper:small', 'stt'), {
    code: 'model_not_pulled',
    message: /vox pull whisper:small$/,
  });
  await assert.rejects(names.forJob('nothing:1', 'stt'), { code: 'model_unknown' });
});

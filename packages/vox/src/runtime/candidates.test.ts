import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelInfo } from '@vox-speech/contract';
import { languagesOf } from './candidates.js';
import { HEARING } from './fake-runtime.test.support.js';

const INFO: ModelInfo = { ...HEARING, languages: ['de', 'en', 'fr'] };

test('candidates are told as far as the model can be told', () => {
  const rows: [readonly string[], Partial<ModelInfo>, object, string[]][] = [
    [[], {}, {}, []],
    [['de'], {}, { language: 'de' }, []],
    [['de', 'en', 'de'], {}, { languages: ['de', 'en'] }, []],
    [['xx', 'en'], {}, { language: 'en' }, ['adjusted']],
    [['fr', 'en'], { canDetectLanguage: false }, { language: 'fr' }, ['adjusted']],
    [['fr', 'en'], { canChooseLanguage: false }, {}, ['unsupported']],
    [['de'], { canChooseLanguage: false, languages: ['de'] }, {}, []],
  ];
  for (const [languages, more, options, warnings] of rows) {
    const info = { ...INFO, ...more };
    const found = languagesOf(languages, undefined, info, info.languages);
    assert.deepEqual(found.options, options, languages.join());
    assert.deepEqual(
      found.warnings.map(({ type, option }) => `${type} ${option}`),
      warnings.map((type) => `${type} languages`),
    );
  }
});

test('the language that is told goes before candidates; none that is heard is refused', () => {
  const told = languagesOf(['de', 'en'], 'fr', INFO, INFO.languages);
  assert.deepEqual([told.options, told.warnings[0]?.type], [{}, 'adjusted']);
  assert.throws(() => languagesOf(['xx', 'yy'], undefined, INFO, INFO.languages), {
    code: 'invalid_request',
    param: 'languages',
    message: /hears none of xx, yy, but de, en, fr/,
  });
  assert.deepEqual(languagesOf(['xx', 'yy'], undefined, undefined, []).options, { languages: ['xx', 'yy'] });
});

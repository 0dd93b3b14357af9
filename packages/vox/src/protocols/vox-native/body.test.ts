import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './serve.test.support.js';

test('fields that are missing or of another type: 422 with all of them, in both generations', async (t) => {
  const { ask } = await serve(t);
  const cases: [string, string, unknown, unknown][] = [
    ['POST', '/api/show', {}, [{ type: 'missing', loc: ['body', 'name'], msg: 'Field required', input: {} }]],
    [
      'POST',
      '/api/show',
      undefined,
      [{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }],
    ],
    [
      'DELETE',
      '/api/delete',
      { name: 5 },
      [{ type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string', input: 5 }],
    ],
    [
      'POST',
      '/api/pull',
      ['x'],
      [
        {
          type: 'model_attributes_type',
          loc: ['body'],
          msg: 'Input should be a valid dictionary or object to extract fields from',
          input: ['x'],
        },
      ],
    ],
    [
      'POST',
      '/api/synthesize',
      { speed: 'fast', stream: 1 },
      [
        {
          type: 'missing',
          loc: ['body', 'input'],
          msg: 'Field required',
          input: { speed: 'fast', stream: 1 },
        },
        { type: 'float_type', loc: ['body', 'speed'], msg: 'Input should be a valid number', input: 'fast' },
        { type: 'bool_type', loc: ['body', 'stream'], msg: 'Input should be a valid boolean', input: 1 },
      ],
    ],
    [
      'POST',
      '/v1/system/trim',
      { min_idle_seconds: -1 },
      [
        {
          type: 'greater_than_equal',
          loc: ['body', 'min_idle_seconds'],
          msg: 'Input should be greater than or equal to 0',
          input: -1,
        },
      ],
    ],
  ];
  for (const [method, path, body, detail] of cases) {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, 422, `${method} ${path}: ${answer.text}`);
    assert.deepEqual(answer.json.detail, detail, `${method} ${path}`);
  }
  const broken = await ask('POST', '/api/show', 'no object');
  assert.equal(broken.json.detail[0].type, 'model_attributes_type');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, Health, plainLine, safePath } from './index.js';

test('plain lines are for people, JSON lines for machines, and neither has secrets', () => {
  const plain: string[] = [];
  createLog({ write: (line) => plain.push(line) }).info(
    { status: 200, model: 'whisper:base', path: '/a b', api_key: 'SECRET' },
    'served',
  );
  assert.match(
    plain[0] ?? '',
    /^\S+Z INFO {2}served status=200 model=whisper:base path="\/a b" api_key="\[hidden\]"\n$/,
  );
  const json: string[] = [];
  const log = createLog({ format: 'json', level: 'warn', write: (line) => json.push(line) });
  log.info('not this');
  log.warn({ headers: { authorization: 'Bearer SECRET' }, err: new Error('why') }, 'this');
  assert.equal(json.length, 1);
  const entry = JSON.parse(json[0] ?? '') as { msg: string; err: { message: string } };
  assert.equal(entry.msg, 'this');
  assert.equal(entry.err.message, 'why');
  assert.doesNotMatch(plain.join('') + json.join(''), /SECRET/);
});

test('an error comes with its stack; what is no JSON stays as it is', () => {
  const lines: string[] = [];
  createLog({ write: (line) => lines.push(line) }).error({ err: new Error('why') }, 'failed');
  assert.match(lines[0] ?? '', /ERROR failed\nError: why\n {4}at /);
  assert.equal(plainLine('raw\n'), 'raw\n');
});

test('secrets in a field stay with whoever logs them', () => {
  const lines: string[] = [];
  const log = createLog({ format: 'json', write: (line) => lines.push(line) });
  const err = Object.assign(new Error('why'), { token: 'SECRET' });
  const fields = { headers: { api_key: 'SECRET', host: 'a' }, password: 'SECRET', err };
  log.child({ authorization: 'SECRET' }).info(fields, 'this');
  assert.doesNotMatch(lines.join(''), /SECRET/);
  const entry = JSON.parse(lines[0] ?? '') as typeof fields;
  assert.deepEqual(entry.headers, { api_key: '[hidden]', host: 'a' });
  assert.equal(entry.err.message, 'why');
  assert.deepEqual([fields.headers.api_key, err.token], ['SECRET', 'SECRET']);
});

test('paths lose their query string', () => {
  assert.equal(safePath('/v1/models?api_key=SECRET'), '/v1/models');
  assert.equal(safePath(`/${'x'.repeat(300)}`).length, 203);
});

test('a server that drains stays so', () => {
  const health = new Health();
  assert.equal(health.state, 'starting');
  health.set('ready');
  health.set('draining');
  health.set('ready');
  assert.equal(health.state, 'draining');
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UsageError } from '../command.js';
import { requestWith, type TargetWishes, targetOf } from './target.js';

const NOTHING: TargetWishes = {
  server: undefined,
  variable: undefined,
  own: { host: 'http://localhost:11435', given: false },
  inPlaceOfOriginal: false,
  secure: false,
};

it('takes --server, then VOXTRAL_SERVER, then our own server, then the default of what stands here', () => {
  const shown = (wishes: Partial<TargetWishes>): string => targetOf({ ...NOTHING, ...wishes }).shown;
  const own = { host: 'http://ours:1', given: true };
  assert.equal(shown({ server: 'a:1', variable: 'b:2', own }), 'ws://a:1/api/asr-streaming');
  assert.equal(shown({ variable: 'b:2', own }), 'ws://b:2/api/asr-streaming');
  assert.equal(shown({ own, inPlaceOfOriginal: true }), 'ws://ours:1/api/asr-streaming');
  assert.equal(shown({}), 'ws://localhost:11435/api/asr-streaming');
  assert.equal(shown({ inPlaceOfOriginal: true }), 'ws://127.0.0.1:8000/api/asr-streaming');
});

it('reads every shape of an address, and adds the path unless it is there', () => {
  const url = (server: string, secure = false): string => targetOf({ ...NOTHING, server, secure }).url;
  assert.equal(url('localhost'), 'ws://localhost/api/asr-streaming');
  assert.equal(url('localhost:8000'), 'ws://localhost:8000/api/asr-streaming');
  assert.equal(url('[::1]:8000'), 'ws://[::1]:8000/api/asr-streaming');
  assert.equal(url('http://h:1/'), 'ws://h:1/api/asr-streaming');
  assert.equal(url('https://h/behind/proxy/'), 'wss://h/behind/proxy/api/asr-streaming');
  assert.equal(url('wss://h/api/asr-streaming/'), 'wss://h/api/asr-streaming');
  assert.equal(url('h:1', true), 'wss://h:1/api/asr-streaming');
  assert.equal(url('http://h:1', true), 'wss://h:1/api/asr-streaming');
});

it('keeps a query, and never shows it', () => {
  const { url, shown } = targetOf({ ...NOTHING, server: 'ws://h:1?api_key=secret' });
  assert.equal(url, 'ws://h:1/api/asr-streaming?api_key=secret');
  assert.equal(shown, 'ws://h:1/api/asr-streaming');
});

it('sends a key in a header, and in the address only where no header takes it', () => {
  const target = targetOf({ ...NOTHING, server: 'h:1' });
  assert.deepEqual(requestWith(target, undefined), { url: target.url, headers: {} });
  assert.deepEqual(requestWith(target, 'a+key='), { url: target.url, headers: { 'x-api-key': 'a+key=' } });
  const { url, headers } = requestWith(target, 'ключ 1');
  assert.deepEqual(headers, {});
  assert.equal(new URL(url).searchParams.get('api_key'), 'ключ 1');
});

for (const server of ['', 'ftp://h', 'http://', 'h:99999', 'ws://me:word@h'])
  it(`refuses ${JSON.stringify(server)}`, () => {
    assert.throws(() => targetOf({ ...NOTHING, server }), UsageError);
  });

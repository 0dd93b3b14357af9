import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { serve } from './serve.test.support.js';

const FIRST = 'cons_0000000000000000';

async function start(t: Parameters<typeof serve>[0]) {
  const { url, directory } = await serve(t);
  const path = `${url}/v1/audio/voice_consents`;
  const make = (fields: Record<string, string>, recording: string | null = 'RIFF') => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    if (recording !== null) form.append('recording', new Blob([recording]), 'a.wav');
    return fetch(path, { method: 'POST', body: form });
  };
  const name = (id: string, body: unknown) =>
    fetch(`${path}/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { path, make, name, directory };
}

test('a consent is made, asked for, renamed, listed page by page, removed', async (t) => {
  const { path, make, name, directory } = await start(t);
  const consent = {
    id: FIRST,
    object: 'audio.voice_consent',
    created_at: 1000,
    language: 'en-US',
    name: 'Ada',
  };
  const made = await make({ name: ' Ada ', language: 'en-US' });
  assert.deepEqual([made.status, await made.json()], [200, consent]);
  assert.deepEqual(await readdir(directory), [], 'nothing is left of the upload');
  assert.deepEqual(await (await fetch(`${path}/${FIRST}`)).json(), consent);
  assert.deepEqual(await (await name(FIRST, { name: 'Ada L.' })).json(), { ...consent, name: 'Ada L.' });
  await make({ name: 'Bob', language: 'de' });
  await make({ name: 'Cay', language: 'fr' });
  const page = async (query: string) =>
    (await (await fetch(`${path}${query}`)).json()) as {
      object: string;
      data: { id: string; name: string }[];
      first_id: string | null;
      last_id: string | null;
      has_more: boolean;
    };
  const first = await page('?limit=2');
  assert.deepEqual(
    [first.object, first.data.map((one) => one.name), first.has_more],
    ['list', ['Cay', 'Bob'], true],
  );
  assert.deepEqual([first.first_id, first.last_id], [first.data[0]?.id, first.data[1]?.id]);
  const rest = await page(`?after=${first.last_id}`);
  assert.deepEqual([rest.data.map((one) => one.name), rest.has_more], [['Ada L.'], false]);
  assert.deepEqual(await page(`?after=${FIRST}`), {
    object: 'list',
    data: [],
    first_id: null,
    last_id: null,
    has_more: false,
  });
  const gone = await fetch(`${path}/${FIRST}`, { method: 'DELETE' });
  assert.deepEqual(await gone.json(), { id: FIRST, object: 'audio.voice_consent', deleted: true });
  assert.equal((await fetch(`${path}/${FIRST}`, { method: 'DELETE' })).status, 404);
});

test('what is missing or too much is refused by name', async (t) => {
  const { path, make, name, directory } = await start(t);
  const whole = { name: 'Ada', language: 'en' };
  const rows: [Response, number, string][] = [
    [await make(whole, null), 400, 'recording'],
    [await make(whole, ''), 400, 'recording'],
    [await make(whole, 'x'.repeat(10 * 1024 * 1024 + 1)), 413, 'recording'],
    [await make({ language: 'en' }), 400, 'name'],
    [await make({ name: ' ', language: 'en' }), 400, 'name'],
    [await make({ ...whole, name: 'x'.repeat(201) }), 400, 'name'],
    [await make({ name: 'Ada' }), 400, 'language'],
    [await name(FIRST, { name: 'Bob' }), 404, 'consent_id'],
    [await name(FIRST, { name: ' ' }), 400, 'name'],
    [await fetch(`${path}?limit=0`), 400, 'limit'],
  ];
  for (const [answer, status, param] of rows) {
    assert.equal(answer.status, status);
    assert.equal(((await answer.json()) as { error: { param: string } }).error.param, param);
  }
  assert.deepEqual(await readdir(directory), []);
});

import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { Hub, temporaryHome } from '../hub.test.support.js';
import { MAX_CATALOG_BYTES, openCatalog } from './own.js';
import { fetchCatalog } from './remote.js';

const never = () => new AbortController().signal;

const ENTRY = {
  reference: 'mine:1',
  kind: 'stt',
  family: 'whisper',
  engine: 'sherpa',
  description: 'mine',
  license: { id: 'MIT' },
  sources: [
    {
      type: 'https',
      files: [{ as: 'model.bin', paths: ['https://example.com/m'], sha256: 'a'.repeat(64) }],
    },
  ],
};

const SERVED = {
  engine: 'remote',
  sources: [],
  parameters: { wire: 'openai-transcriptions', served: 'me/ears' },
};

const fileOf = (...entries: object[]) => JSON.stringify({ version: 1, entries });

async function homeWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const home = await temporaryHome(t);
  await mkdir(join(home, 'catalog'), { recursive: true });
  for (const [name, body] of Object.entries(files)) await writeFile(join(home, 'catalog', name), body);
  return home;
}

test('the example of docs/catalog.md is a catalog', async (t) => {
  const page = await readFile(new URL('../../../../../docs/catalog.md', import.meta.url), 'utf8');
  const example = /```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '';
  const catalog = await openCatalog({
    home: await homeWith(t, { 'a.json': example }),
    signal: never(),
  });
  assert.deepEqual(catalog.problems, []);
  const entry = catalog.get('parakeet-stt:mine');
  assert.deepEqual([entry.reference, entry.languages], ['parakeet:mine', ['en', 'de']]);
  assert.match(entry.from ?? '', /a\.json$/);
});

test('without files and without an address there are the built-in entries and no problem', async (t) => {
  const catalog = await openCatalog({ home: await temporaryHome(t), signal: never() });
  assert.deepEqual(catalog.problems, []);
  assert.equal(catalog.find('mine:1'), undefined);
});

test('a model that a server of the user’s runs needs no sources', async (t) => {
  const { sources: _, ...entry } = { ...ENTRY, ...SERVED };
  const home = await homeWith(t, { 'mine.json': fileOf(entry) });
  const catalog = await openCatalog({ home, signal: never() });
  assert.deepEqual(catalog.problems, []);
  assert.equal(catalog.servedAs('me/ears')?.reference, 'mine:1');
});

test('a mistake names the file, the entry and the field, and costs no other entry', async (t) => {
  const source = (changes: object) => [{ ...ENTRY.sources[0], ...changes }];
  const hash = 'a'.repeat(64);
  const cases: [object, RegExp][] = [
    [{ reference: '../x:1' }, /entries\[0\]\.reference: must be name:tag/],
    [{ license: {} }, /entries\[0\]\.license\.id: /],
    [{ kind: 'song' }, /entries\[0\]\.kind: /],
    [{ sources: [] }, /entries\[0\]\.sources: /],
    [{ ...SERVED, parameters: { served: 'x' } }, /entries\[0\]\.parameters\.wire: must be one of/],
    [
      { ...SERVED, parameters: { wire: 'openai-speech', served: 'x' } },
      /parameters\.wire: openai-speech is for/,
    ],
    [{ ...SERVED, parameters: { wire: 'vllm-realtime' } }, /parameters\.served: must be the name/],
    [{ ...SERVED, parameters: { ...SERVED.parameters, port: 0 } }, /parameters\.port: must be a port/],
    [{ engine: undefined }, /entries\[0\]\.engine: a recogniser or a voice must name the engine/],
    [{ colour: 'red' }, /entries\[0\]: Unrecognized key: "colour"/],
    [{ languages: ['english'] }, /entries\[0\]\.languages\[0\]: must be an ISO 639 code/],
    [
      { sources: source({ files: [{ as: 'x', paths: ['https://example.com/x'] }] }) },
      /sources\[0\]\.files\[0\]\.sha256/,
    ],
    [
      { sources: source({ files: [{ as: '../x', paths: ['https://a/x'], sha256: hash }] }) },
      /files\[0\]\.as: must be a relative file name/,
    ],
    [
      { sources: source({ files: [{ as: 'x', paths: ['ftp://a/x'], sha256: hash }] }) },
      /files\[0\]\.paths\[0\]: must be an http or https address/,
    ],
    [
      { sources: [{ type: 'hf', repository: 'a/b', revision: 'main', files: [{ as: 'x', paths: ['x'] }] }] },
      /sources\[0\]\.revision: must be a commit/,
    ],
  ];
  for (const [change, message] of cases) {
    const good = { ...ENTRY, reference: 'good:1' };
    const home = await homeWith(t, { 'mine.json': fileOf({ ...ENTRY, ...change }, good) });
    const catalog = await openCatalog({ home, signal: never() });
    assert.equal(catalog.problems.length, 1, String(message));
    assert.match(catalog.problems[0] ?? '', message);
    assert.match(catalog.problems[0] ?? '', /mine\.json: entries\[0\]/);
    assert.equal(catalog.get('good:1').reference, 'good:1');
    assert.throws(
      () => catalog.get('mine:1'),
      (error) =>
        VoxError.is(error) &&
        error.code === 'model_unknown' &&
        /mine\.json: entries\[0\]/.test(error.message),
    );
  }
});

test('an engine is a name, or the pin of a package', async (t) => {
  const pin = {
    name: 'mine',
    package: 'my-engine',
    version: '1.2.3',
    integrity: `sha512-${'A'.repeat(86)}==`,
  };
  const open = async (engine: unknown) =>
    openCatalog({ home: await homeWith(t, { 'a.json': fileOf({ ...ENTRY, engine }) }), signal: never() });
  const entry = (await open(pin)).get('mine:1');
  assert.deepEqual([entry.engine, entry.enginePin], ['mine', pin]);
  for (const [wrong, message] of [
    [{ ...pin, version: '^1.0.0' }, /entries\[0\]\.engine\.version: must be one exact version/],
    [{ ...pin, integrity: 'md5-x' }, /entries\[0\]\.engine\.integrity: /],
    ['Not A Name', /entries\[0\]\.engine: must be the name of an engine/],
    [7, /entries\[0\]\.engine: must be the name of an engine/],
  ] as const)
    assert.match((await open(wrong)).problems[0] ?? '', message);
});

test('what is not a catalog at all is one problem a file', async (t) => {
  const home = await homeWith(t, {
    'a.json': '{"version": 1,',
    'b.json': '{"version": 2, "entries": []}',
    'c.json': ' '.repeat(MAX_CATALOG_BYTES + 1),
    'd.json': fileOf(ENTRY),
    'notes.txt': 'not looked at',
  });
  const catalog = await openCatalog({ home, signal: never() });
  const [a, b, c, ...others] = catalog.problems;
  assert.match(a ?? '', /a\.json: is not JSON/);
  assert.match(b ?? '', /b\.json: version: /);
  assert.match(c ?? '', /c\.json: is larger than 4 MiB/);
  assert.deepEqual(others, []);
  assert.equal(catalog.get('mine:1').description, 'mine');
});

test('names of Vox’s own stay, in every spelling, unless the entry says override', async (t) => {
  for (const [name, field] of [
    [{ reference: 'whisper:base' }, 'reference'],
    [{ reference: 'whisper-stt:base' }, 'reference'],
    [{ aliases: ['whisper:turbo'] }, 'aliases[0]'],
    [{ reference: 'orpheus-tts:medium-3b' }, 'reference'],
  ] as const) {
    const written = { ...ENTRY, ...name };
    const refused = await openCatalog({
      home: await homeWith(t, { 'a.json': fileOf(written) }),
      signal: never(),
    });
    assert.ok(refused.problems[0]?.includes(`entries[0].${field}: `), refused.problems[0]);
    assert.match(refused.problems[0] ?? '', /add "override": true/);
    assert.notEqual(refused.get('whisper:base').description, 'mine');
  }
  const override = fileOf({
    ...ENTRY,
    reference: 'whisper:base',
    aliases: ['whisper:turbo'],
    override: true,
  });
  const catalog = await openCatalog({ home: await homeWith(t, { 'a.json': override }), signal: never() });
  assert.deepEqual(catalog.problems, []);
  for (const name of ['whisper:base', 'whisper-stt:base', 'whisper:turbo'])
    assert.equal(catalog.get(name).description, 'mine', name);
  const twice = await homeWith(t, {
    'a.json': fileOf(ENTRY),
    'b.json': fileOf({ ...ENTRY, description: 'b' }),
  });
  const both = await openCatalog({ home: twice, signal: never() });
  assert.equal(both.get('mine:1').description, 'mine');
  assert.match(
    both.problems[0] ?? '',
    /b\.json: entries\[0\]\.reference: mine:1 is an entry of .*a\.json already/,
  );
});

test('an address: fetched, kept, not asked again at once, and its copy used while it is silent', async (t) => {
  const hub = await Hub.start(t);
  const home = await temporaryHome(t);
  const url = hub.serve('/catalog.json', Buffer.from(fileOf(ENTRY)));
  const open = () => openCatalog({ home, url, signal: never() });
  assert.equal((await open()).get('mine:1').from, url);
  assert.equal((await open()).get('mine:1').from, url);
  assert.equal(hub.count('/catalog.json'), 1, 'a young copy is used');
  const copy = join(home, 'cache', 'catalog');
  const [name] = await import('node:fs/promises').then(({ readdir }) => readdir(copy));
  const old = new Date(Date.now() - 3_600_000);
  await utimes(join(copy, name ?? ''), old, old);
  hub.serve('/catalog.json', Buffer.from(''), { statuses: [503] });
  const offline = await open();
  assert.equal(offline.get('mine:1').description, 'mine');
  assert.match(offline.problems[0] ?? '', /it answered 503.*the copy of .* is used/);
  hub.serve('/catalog.json', Buffer.from('<html>'));
  assert.match((await open()).problems[0] ?? '', /it is not JSON.*the copy of/);
  hub.serve('/catalog.json', Buffer.from(fileOf({ ...ENTRY, description: 'newer' })));
  assert.equal((await open()).get('mine:1').description, 'newer');
});

test('an address has limits of time and size, and no copy means that its entries are missing', async (t) => {
  const hub = await Hub.start(t);
  const home = await temporaryHome(t);
  const body = Buffer.from(fileOf(ENTRY));
  const limits = { home, maxBytes: 1_000, timeLimitMs: 50, signal: never() };
  const slow = await fetchCatalog({ ...limits, url: hub.serve('/slow', body, { holdAfter: 10 }) });
  assert.deepEqual(slow.body, undefined);
  assert.match(slow.problem ?? '', /no whole answer in 0\.05 s.*its entries are missing/);
  const large = await fetchCatalog({ ...limits, url: hub.serve('/large', Buffer.alloc(1_001, ' ')) });
  assert.match(large.problem ?? '', /larger than 1000 bytes/);
  const gone = await fetchCatalog({ ...limits, url: 'http://127.0.0.1:1/x' });
  assert.match(gone.problem ?? '', /could not be fetched/);
});

test('what comes from an address names no files of this machine and no programs', async (t) => {
  const hub = await Hub.start(t);
  const files = [{ as: 'x', paths: ['/etc/passwd'], sha256: 'a'.repeat(64) }];
  const sources = [{ type: 'file', files }];
  const program = { ...ENTRY, reference: 'p:1', kind: 'program', engine: undefined };
  const url = hub.serve('/c.json', Buffer.from(fileOf({ ...ENTRY, sources }, program)));
  const remote = await openCatalog({ home: await temporaryHome(t), url, signal: never() });
  assert.match(remote.problems[0] ?? '', /entries\[0\]\.sources: .*files of this machine/);
  assert.match(remote.problems[1] ?? '', /entries\[1\]\.kind: .*may not bring programs/);
  const local = await openCatalog({
    home: await homeWith(t, { 'a.json': fileOf({ ...ENTRY, sources }, program) }),
    signal: never(),
  });
  assert.deepEqual(local.problems, []);
});

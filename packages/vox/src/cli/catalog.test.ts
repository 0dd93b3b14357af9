/** Search, show and pull as the catalog answers them: the program itself against a server that answers recorded shapes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { runProgram } from './program.test.support.js';

type Answers = Readonly<Record<string, { readonly status?: number; readonly body: object }>>;

/** A server that gives these answers, and the program that asks it. */
async function serve(t: TestContext, answers: Answers) {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const what = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    let body = '';
    for await (const part of request) body += String(part);
    if (what === 'GET /v1/health') return void response.end('{"status":"ok"}');
    seen.push(body === '' ? what : `${what} ${body}`);
    const { status = 200, body: answer } = answers[what] ?? {
      status: 404,
      body: { detail: 'no such route' },
    };
    response.writeHead(status).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const env = { VOX_HOST: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return { seen, vox: (...args: string[]) => runProgram(args, { cwd: tmpdir(), env }) };
}

test('search: size, licence, what nothing here runs, and problems of a user’s own entries', async (t) => {
  const answer = {
    models: [
      { name: 'kokoro:v1.0', type: 'tts', description: '54 voices', license: 'Apache-2.0', size_bytes: 2048 },
      {
        name: 'spark:1',
        type: 'tts',
        description: 'x',
        license: 'NC',
        non_commercial: true,
        unavailable: 'no',
      },
    ],
    warnings: ['mine.json: entries[0].kind: wrong'],
  };
  const { vox, seen } = await serve(t, {
    'GET /api/search?q=many&type=tts&language=en&license=MIT': { body: answer },
    'GET /api/search?license=MIT': { body: answer },
  });
  const { out, err } = await vox('search', 'many', '--type', 'tts', '--language', 'en', '--licence', 'MIT');
  assert.equal(
    out,
    [
      'NAME         TYPE  SIZE    LICENCE              DESCRIPTION',
      'kokoro:v1.0  tts   2.0 KB  Apache-2.0           54 voices',
      'spark:1      tts   -       NC (non-commercial)  [no engine here] x\n',
    ].join('\n'),
  );
  assert.equal(err, 'warning: mine.json: entries[0].kind: wrong\n');
  const both = await vox('search', '--license', 'MIT', '--json');
  assert.deepEqual(JSON.parse(both.out), answer);
  assert.equal(seen.length, 2);
});

test('show: a model that is not here is shown as the catalog has it; an unknown one is an error', async (t) => {
  const missing = { status: 404, body: { detail: 'not found on this machine' } };
  const { vox } = await serve(t, {
    'GET /v1/models/orpheus': missing,
    'GET /api/catalog/orpheus': { body: { name: 'orpheus:medium-3b', pulled: false } },
    'GET /v1/models/nothing': missing,
  });
  const known = await vox('show', 'orpheus');
  assert.deepEqual([known.code, JSON.parse(known.out).name], [0, 'orpheus:medium-3b']);
  const unknown = await vox('show', 'nothing');
  assert.deepEqual([unknown.code, unknown.err], [1, 'Error: not found on this machine\n']);
});

test('pull --accept-license says so to the server, and only then', async (t) => {
  const { vox, seen } = await serve(t, { 'POST /v1/models/pull': { body: { status: 'success' } } });
  await vox('pull', 'pocket');
  await vox('pull', 'pocket', '--accept-license');
  assert.deepEqual(seen, [
    'POST /v1/models/pull {"name":"pocket"}',
    'POST /v1/models/pull {"name":"pocket","accept_license":true}',
  ]);
});

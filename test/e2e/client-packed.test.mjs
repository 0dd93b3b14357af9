/**
 * The client package as a stranger gets it: packed by npm, installed in an empty folder, its documentation's programs
 * compiled by a strict TypeScript and run in Node against a real server.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/files.mjs';
import { NO_MODELS, speak, startServer } from './server.mjs';
import { snippets } from './snippets.mjs';
import { channelsAsWav, later, samplesOfBytes } from './stereo.mjs';

const run = promisify(execFile);
const npm = (cwd, ...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd,
    shell: process.platform === 'win32',
  });
const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: 'ES2023',
  module: 'NodeNext',
  noEmitOnError: true,
};

/** Runs the compiler in a folder; what it complains about. */
async function compile(folder, compilerOptions, files) {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { stdout = '' } = await run(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder],
    { cwd: folder },
  ).catch((error) => error);
  return stdout;
}

describe('the client package, packed and installed in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vox-client-'));
  const installed = join(folder, 'node_modules/@vox-speech/client');
  before(async () => {
    await npm(join(ROOT, 'packages/client'), 'pack', '--pack-destination', folder);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    await npm(folder, 'install', '--offline', join(folder, tarball));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('brings itself alone, its types and its texts', () => {
    assert.deepEqual(
      readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['@vox-speech'],
    );
    assert.deepEqual(readdirSync(join(folder, 'node_modules/@vox-speech')), ['client']);
    assert.deepEqual(readdirSync(installed).sort(), [
      'LICENSE',
      'NOTICE',
      'README.md',
      'dist',
      'package.json',
    ]);
    const odd = readdirSync(join(installed, 'dist')).filter(
      (name) => !/^[a-z-]+\.(js|d\.ts)$/.test(name) || name.includes('test'),
    );
    assert.deepEqual(odd, []);
  });

  it('compiles in a browser project, without the types of Node', async () => {
    const program = `
      import { VoxClient, VoxClientError, type LiveMessage, type VoxErrorCode } from '@vox-speech/client';
      const client = new VoxClient({ baseUrl: location.origin, apiKey: 'k' });
      export async function talk(audio: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<Blob> {
        const heard: LiveMessage[] = [];
        for await (const message of client.listen({ audio }, { signal })) heard.push(message);
        const parts: Uint8Array<ArrayBuffer>[] = [];
        for await (const part of (await client.speak({ input: 'Hello.' })).audio) parts.push(part);
        return new Blob(parts);
      }
      const worthRetrying: readonly VoxErrorCode[] = ['overloaded', 'unreachable'];
      export const again = (error: unknown): boolean =>
        VoxClientError.is(error) && worthRetrying.some((code) => code === error.code);
    `;
    writeFileSync(join(folder, 'page.ts'), program);
    const options = { ...STRICT, lib: ['ES2023', 'DOM', 'DOM.AsyncIterable'], types: [], noEmit: true };
    assert.equal(await compile(folder, options, ['page.ts']), '');
    writeFileSync(join(folder, 'page.ts'), program.replace("input: 'Hello.'", 'text: 1'));
    assert.match(await compile(folder, options, ['page.ts']), /page\.ts.*error TS/);
  });

  describe('its programs', { skip: NO_MODELS }, () => {
    let server;
    let said;
    before(async () => {
      server = await startServer();
      const programs = ['packages/client/README.md', 'docs/client.md'].flatMap((page) =>
        snippets(page, 'ts', server.url),
      );
      const names = programs.map((text, at) => {
        writeFileSync(join(folder, `program-${at}.ts`), text);
        return `program-${at}.ts`;
      });
      // What the pages have people install besides.
      mkdirSync(join(folder, 'node_modules/@types'));
      for (const name of ['ws', '@types/ws', '@types/node'])
        symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
      const options = { ...STRICT, lib: ['ES2023'], types: ['node'], skipLibCheck: true };
      assert.equal(await compile(folder, options, names), '');
      const [agent, caller] = await Promise.all(
        ['Hello, how can I help you today?', 'I would like to buy some plants.'].map(async (text) =>
          samplesOfBytes(await speak(server.url, text)),
        ),
      );
      const call = channelsAsWav([agent, later(caller, agent.length)], 22_050);
      writeFileSync(join(folder, 'call.wav'), call);
      said = [];
      for (const name of names) {
        const program = run(process.execPath, [name.replace('.ts', '.js')], { cwd: folder, timeout: 60_000 });
        said.push((await program).stdout);
      }
    });
    after(() => server?.stop());

    it('pull with progress, speak and transcribe', () => {
      assert.match(said[0], /^pulling piper:en-us-joe-medium/m);
      assert.equal(said[0].match(/^success/gm)?.length, 2);
      assert.match(said[0], /remember to water the plants/i);
      assert.match(said[0], /^[\d.]+ [\d.]+ *plants/im);
      assert.equal(readFileSync(join(folder, 'hello.wav')).toString('latin1', 0, 4), 'RIFF');
    });

    it('list models, and say what went wrong', () => {
      assert.match(said[1], /^whisper:tiny\.en stt$/m);
      assert.match(said[1], /^404 model_not_found .*whisper:nonsense/m);
    });

    it('speak a text as it is written, and listen', () => {
      assert.match(said[2], /^\d{4} ms of speech$/m);
      assert.match(said[2], /^speech_started \d+$/m);
      assert.match(said[2], /^said: .*water the plants/im);
    });

    it('make subtitles', () => {
      assert.match(said[3], /^1\n00:00:00,\d{3} --> .*\n.*plants/i);
    });

    it('tell who said what', () => {
      // "Hello?" may be a line of its own: how long its pause seems depends on the processor's arithmetic.
      assert.match(said[4], /^[\d.]+ to [\d.]+ s, A: (.*\n[\d.]+ to [\d.]+ s, A: )?.*help you/i);
      assert.match(said[4], /^[\d.]+ to [\d.]+ s, B: .*plants/im);
      assert.doesNotMatch(said[4], /A: .*plants|B: .*help you/i);
      // Whisper takes keywords: nothing to warn of.
      assert.doesNotMatch(said[4], /^keywords /m);
      assert.equal(said.length, 5);
    });
  });
});

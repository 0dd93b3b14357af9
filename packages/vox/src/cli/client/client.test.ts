/** `vox client`: the program itself against the stand-in for the original server, which never says that it is ready. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { type Ended, runProgram, startProgram } from '../program.test.support.js';
import {
  type OriginalOptions,
  OriginalServerStandIn,
  type SeenSocket,
} from './original-server.test.support.js';

const KEY = 'a-key';
/** ms of the recording: 6 chunks of 80 ms, and 8 ms. */
const AUDIO_MS = 488;

let folder = '';
let standIn: OriginalServerStandIn | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-client-'));
  const tone = Float32Array.from({ length: AUDIO_MS * 48 }, (_, i) => Math.sin(i / 30) / 2);
  await writeFile(join(folder, 'talk.wav'), encodeWav(tone, 48_000));
});
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});
after(() => rm(folder, { recursive: true, force: true }));

async function original(options: Partial<OriginalOptions> = {}): Promise<OriginalServerStandIn> {
  standIn = await OriginalServerStandIn.start({ key: KEY, ...options });
  return standIn;
}

/** Runs `vox client ...` with the original's own variables. */
function client(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const VOXTRAL_SERVER = standIn?.address ?? '127.0.0.1:9';
  return runProgram(['client', ...args], {
    cwd: folder,
    env: { VOXTRAL_SERVER, VOXTRAL_API_KEY: KEY, ...env },
  });
}

const types = (socket: SeenSocket | undefined): string[] => (socket?.messages ?? []).map(({ type }) => type);
const idsOf = (socket: SeenSocket | undefined, type: string): string[] => [
  ...new Set(socket?.messages.filter((message) => message.type === type).map(({ requestId }) => requestId)),
];

describe('warmup', () => {
  it('speaks at once, at the pace of a speaker, and prints the figures by their names', async () => {
    const { sockets } = await original();
    const { code, out, err } = await client(['warmup', '--file', 'talk.wav']);
    assert.deepEqual([code, err], [0, '']);
    const lines = out.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 4), [
      '[ WARMUP ]',
      `Server: ws://${standIn?.address}/api/asr-streaming`,
      'File: talk.wav',
      'Transcript: word1 word2',
    ]);
    assert.match(lines[4] ?? '', /^Connect: [\d.]+ ms {2}Handshake\(Ready\): - {2}FirstAudio: [\d.]+ ms$/);
    assert.deepEqual(
      lines.slice(5).map((line) => line.split(':')[0]),
      [
        'Audio duration',
        'Transcription time (to Final)',
        'Final-Connect',
        'Final-FirstAudio',
        'RTF (full)',
        'RTF (server)',
        'TTFW',
        'Delta (audio)',
        'Partials',
        'Flush→Final',
        'Decode tail',
        'Close',
        'Post-final (finish)',
        'Session',
      ],
    );
    assert.match(out, /^Audio duration: 0\.488 s$/m);
    assert.match(out, /^RTF \(server\): [\d.]+ {2}xRT\(server\): [\d.]+ {2}\(target=1\.0\)$/m);
    const [socket] = sockets;
    const appends = Array<string>(7).fill('input_audio_buffer.append');
    assert.deepEqual(types(socket), [
      'input_audio_buffer.commit',
      ...appends,
      'input_audio_buffer.commit',
      'end',
    ]);
    assert.equal(socket?.audioBytes, AUDIO_MS * 32);
    assert.equal(idsOf(socket, 'input_audio_buffer.append').length, 1);
    // The key is in no address.
    assert.equal(socket?.url, '/api/asr-streaming');
  });

  it('gives JSON: no chunk before its time, no wait for a server that never says it is ready', async () => {
    await original();
    const { code, out } = await client(['warmup', '--file', 'talk.wav', '--json']);
    assert.equal(code, 0);
    const told = JSON.parse(out);
    assert.equal(told.text, 'word1 word2');
    assert.deepEqual(told.usage, { prompt_tokens: 39, total_tokens: 41, completion_tokens: 2 });
    assert.equal(told.partials, 2);
    assert.equal('handshakeMs' in told, false);
    // Timers may be 1 ms early.
    assert.ok(told.sendMs >= 479, `${told.sendMs}`);
    assert.ok(told.finalSinceFirstAudioMs >= AUDIO_MS - 1, `${told.finalSinceFirstAudioMs}`);
    assert.ok(told.firstAudioMs < 10_000, `${told.firstAudioMs}`);
  });

  it('ends with 1 where the key is missing, and says which variable it is', async () => {
    await original();
    const { code, out, err } = await client(['warmup', '--file', 'talk.wav'], { VOXTRAL_API_KEY: '' });
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /authentication_failed: .*VOXTRAL_API_KEY/);
  });

  it('ends with 2 where there is no such file, and with 1 where there is no server', async () => {
    const nothing = await client(['warmup', '--file', 'nothing.wav']);
    assert.deepEqual([nothing.code, nothing.err], [2, 'Error: no such file: nothing.wav\n']);
    const nobody = await client(['warmup', '--file', 'talk.wav']);
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /ECONNREFUSED/);
  });

  it('fails with what the server says of the engine and of the model', async () => {
    await original({ broken: true });
    const broken = await client(['warmup', '--file', 'talk.wav']);
    assert.deepEqual([broken.code, broken.err], [1, 'Error: processing_error: the engine died\n']);
    const model = await client(['warmup', '--file', 'talk.wav', '-m', 'other']);
    assert.equal(model.code, 1);
    assert.match(model.err, /invalid_payload \(unsupported_model\): model 'other' is not supported/);
  });

  it('names the pull command where there is no voice for the sample', async () => {
    await original();
    const { code, err } = await client(['warmup'], { VOX_HOST: 'http://127.0.0.1:9' });
    assert.equal(code, 1);
    assert.match(err, /mid\.wav: vox pull piper:en-us-joe-medium/);
  });

  it('shows every message on request, the audio cut short', async () => {
    await original();
    const { err } = await client(['warmup', '--file', 'talk.wav', '--debug', '--voxtral-key', KEY], {
      VOXTRAL_API_KEY: 'another',
    });
    assert.match(err, /^>> \{"type":"input_audio_buffer\.commit"/m);
    assert.match(err, /^>> \{"type":"input_audio_buffer\.append".*\.\.\. \(\d+ characters\)$/m);
    assert.match(err, /^<< \{"type":"done"/m);
  });
});

describe('remote', () => {
  it('is a warmup by another name, and ends with 0 whatever happens', async () => {
    await original();
    const { code, out } = await client(['remote', '--file', 'talk.wav']);
    assert.equal(code, 0);
    assert.match(out, /^\[ REMOTE CLIENT \]\n/);
    const refused = await client(['remote', '--file', 'talk.wav', '--voxtral-key', 'wrong']);
    assert.equal(refused.code, 0);
    assert.match(refused.err, /^Error: authentication_failed/);
    const told = await client(['remote', '--file', 'talk.wav', '--voxtral-key', 'wrong', '--json']);
    assert.match(JSON.parse(told.out).error, /authentication_failed/);
  });
});

describe('bench', () => {
  it('keeps so many sessions open and no more', async () => {
    const server = await original();
    const { code, out } = await client(['bench', '--file', 'talk.wav', '--n', '4', '--concurrency', '2']);
    assert.equal(code, 0);
    assert.equal(server.most, 2);
    assert.equal(server.sockets.length, 4);
    const rows = [
      'Wall s',
      'TTFW\\(text\\)',
      'RTF \\(full\\)',
      'RTF \\(server\\)',
      'Delta\\(audio\\)',
      'Send dur s',
    ];
    for (const row of [...rows, 'Post-send→Final', 'Flush→Final', 'Decode tail', 'Partial gap'])
      assert.match(out, new RegExp(`^${row} +avg \\S+.*  p50 \\S+.*  p95 \\S+`, 'm'));
    for (const row of ['Audio s', 'xRT', 'Throughput'])
      assert.match(out, new RegExp(`^${row} +avg \\S+`, 'm'));
    assert.match(out, /^Rejected: 0\nErrors: 0\nTotal elapsed: [\d.]+ s\nTotal audio processed: 1\.952 s\n/m);
  });

  it('counts a full server as rejections and everything else as errors', async () => {
    await original({ max: 2 });
    const full = await client(['bench', '--file', 'talk.wav', '--n', '5', '--concurrency', '5', '--json']);
    assert.equal(full.code, 0);
    const { done, rejected, errors, messages } = JSON.parse(full.out);
    assert.deepEqual([done, rejected, errors], [2, 3, 0]);
    assert.match(messages[0], /^server_at_capacity/);
    const wrong = await client(['bench', '--file', 'talk.wav', '--n', '2', '--voxtral-key', 'wrong']);
    assert.equal(wrong.code, 0);
    assert.match(wrong.out, /^Rejected: 0\nErrors: 2\n/m);
  });

  it('refuses numbers that are none', async () => {
    const { code, err } = await client(['bench', '--n', 'many']);
    assert.equal(code, 2);
    assert.match(err, /--n many: expected a whole number/);
  });
});

describe('idle', () => {
  const idle = (limit: string): Promise<Ended> =>
    client(['idle', '--idle-timeout', limit, '--grace-period', '2']);

  it('passes where the server closes in time', async () => {
    await original({ idleMs: 400 });
    const { code, out, err } = await idle('0.4');
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^✓ PASS {2}Server closed idle connection\nElapsed: [\d.]+ s\nClose code: 4000\nClose reason: idle_timeout$/m,
    );
    assert.deepEqual(types(standIn?.sockets[0]), []);
  });

  it('fails where it closes for another reason, too early, or not at all', async () => {
    await original({ idleMs: 200 });
    const early = await idle('3');
    assert.equal(early.code, 1);
    assert.match(early.out, /^✗ FAIL {2}Server closed the idle connection too early/m);
    const wrong = await client(['idle', '--voxtral-key', 'wrong', '--json']);
    assert.equal(wrong.code, 1);
    assert.deepEqual([JSON.parse(wrong.out).passed, JSON.parse(wrong.out).code], [false, 1008]);
    await standIn?.close();
    await original();
    const never = await client(['idle', '--idle-timeout', '0.2', '--grace-period', '0.1']);
    assert.equal(never.code, 1);
    assert.match(never.out, /^✗ FAIL {2}Server did not close the idle connection\n.*\nClose code: -\n/m);
  });
});

describe('convo', () => {
  it('speaks two utterances on one socket, and sends nothing in between', async () => {
    const { sockets } = await original();
    const { code, out } = await client([
      'convo',
      '--file1',
      'talk.wav',
      '--file2',
      'talk.wav',
      '--pause-s',
      '0.7',
    ]);
    assert.equal(code, 0);
    assert.equal(sockets.length, 1);
    assert.match(out, /^\[ CONVO \]\n/);
    assert.equal(out.match(/^Transcript: word1 word2$/gm)?.length, 2);
    assert.equal(out.match(/^RTF \(full\): /gm)?.length, 2);
    const [socket] = sockets;
    assert.equal(idsOf(socket, 'input_audio_buffer.commit').length, 2);
    const commits = socket?.messages.filter(({ type }) => type === 'input_audio_buffer.commit') ?? [];
    // Start, final, start, final; the pause lies between the first utterance's end and the second's start.
    assert.equal(commits.length, 4);
    assert.ok((commits[2]?.at ?? 0) - (commits[1]?.at ?? 0) >= 650);
    assert.equal(socket?.messages.at(-1)?.type, 'end');
  });

  it('ends with 0 where the server breaks', async () => {
    await original({ broken: true });
    const { code, err } = await client(['convo', '--file1', 'talk.wav', '--file2', 'talk.wav']);
    assert.deepEqual([code, err], [0, 'Error: processing_error: the engine died\n']);
  });
});

for (const args of [['idle'], ['bench', '--file', 'talk.wav', '--n', '100', '--concurrency', '1']])
  it(`${args[0]} ends with 130 at Ctrl-C`, async () => {
    const { server } = await original();
    const connected = once(server, 'connection');
    const child = startProgram(['client', ...args], {
      cwd: folder,
      env: { VOXTRAL_SERVER: standIn?.address ?? '', VOXTRAL_API_KEY: KEY },
    });
    await connected;
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.equal(code, 130);
  });

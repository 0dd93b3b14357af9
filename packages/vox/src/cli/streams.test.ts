/** `vox stream-transcribe` and `stream-synthesize`: the program itself against a server that answers as written down. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { type WebSocket, WebSocketServer } from 'ws';
import { runProgram, startProgram } from './program.test.support.js';
import { findRecorder } from './recorder.js';
import { pieces } from './stream-synthesize.js';

interface Seen {
  path: string;
  key: string | undefined;
  messages: Record<string, unknown>[];
  audio: Buffer[];
}

let folder = '';
let host = '';
let seen: Seen;
/** What the server does on a message; bytes have the type `audio`. */
let answer: (socket: WebSocket, type: string) => void;
const server = createServer((_, response) => void response.end('{"status":"ok"}'));
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  seen = { path: request.url ?? '', key: request.headers.authorization, messages: [], audio: [] };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) seen.audio.push(data);
    else seen.messages.push(JSON.parse(data.toString('utf8')));
    answer(socket, isBinary ? 'audio' : String(seen.messages.at(-1)?.type));
  });
});
const say = (socket: WebSocket, ...messages: object[]): void => {
  for (const message of messages) socket.send(JSON.stringify(message));
};
const vox = (args: readonly string[], input?: Uint8Array | string, env: Record<string, string> = {}) =>
  runProgram(args, {
    cwd: folder,
    env: { VOX_HOST: host, ...env },
    ...(input === undefined ? {} : { input }),
  });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-streams-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  for (const socket of sockets.clients) socket.terminate();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('stream-transcribe', () => {
  const done = {
    type: 'done',
    model: 'whisper:base',
    text: 'Ask not.',
    language: 'en',
    duration_ms: 2000,
    processing_ms: 100,
    segments: [],
  };
  beforeEach(() => {
    answer = (socket, type) => {
      if (type === 'config') say(socket, { type: 'ready' });
      if (type !== 'end') return;
      say(socket, { type: 'progress', uploaded_ms: 2000, processed_ms: 1900, chunks_completed: 1 }, done);
      socket.close(1000);
    };
  });

  it('sends a WAV as 16 kHz PCM in messages of the asked length; text out, progress on standard error', async () => {
    await writeFile(join(folder, 'talk.wav'), encodeWav(new Float32Array(2 * 8000).fill(0.25), 8000));
    const options = ['--language', 'en', '--word-timestamps', '--send-chunk-ms', '500', '--api-key', 'k'];
    const { code, out, err } = await vox(['stream-transcribe', 'whisper:base', 'talk.wav', ...options]);
    assert.equal(code, 0, err);
    assert.equal(out, 'Ask not.\n');
    assert.equal(
      err,
      '[progress] uploaded=2.0s processed=1.9s chunks=1\n[done] duration=2.0s processing=0.1s\n',
    );
    assert.equal(seen.path, '/v1/audio/transcriptions/stream');
    assert.equal(seen.key, 'Bearer k');
    assert.deepEqual(seen.messages, [
      {
        type: 'config',
        model: 'whisper:base',
        input_format: 'pcm16',
        sample_rate: 16_000,
        language: 'en',
        word_timestamps: true,
      },
      { type: 'end' },
    ]);
    assert.deepEqual(
      seen.audio.map(({ length }) => length),
      [16_000, 16_000, 16_000, 16_000],
    );
    assert.ok(Math.abs((seen.audio[1]?.readInt16LE(0) ?? 0) - 8192) < 20);
  });

  it('takes standard input, raw or in a container, and prints JSON', async () => {
    const raw = await vox(['stream-transcribe', 'whisper', '-', '--json-output'], Buffer.alloc(3200));
    assert.deepEqual(JSON.parse(raw.out), done);
    assert.equal(Buffer.concat(seen.audio).length, 3200);
    const flac = Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(100)]);
    await vox(['stream-transcribe', 'whisper', '-'], flac);
    assert.equal(seen.messages[0]?.input_format, 'flac');
    assert.deepEqual(Buffer.concat(seen.audio), flac);
  });

  it('says what the server says, and what is wrong with the command', async () => {
    answer = (socket) =>
      say(socket, { type: 'error', message: 'no room', code: 'overloaded', retry_after: 5 });
    const refused = await vox(['stream-transcribe', 'whisper', '-'], Buffer.alloc(32));
    assert.deepEqual([refused.code, refused.err], [1, 'Error: no room (try again in 5 s)\n']);
    answer = (socket) => socket.terminate();
    assert.match(
      (await vox(['stream-transcribe', 'whisper', '-'], Buffer.alloc(32))).err,
      /cut short \(1006\)/,
    );
    await writeFile(join(folder, 'talk.m4a'), Buffer.from('\0\0\0\x18ftypM4A 0000'));
    const cases: [string[], RegExp][] = [
      [['whisper'], /give a file, or - for standard input, or --mic/],
      [['whisper', 'a.wav', '--mic'], /give a file/],
      [['whisper', 'none.wav'], /no such file: none\.wav/],
      [['whisper', 'talk.m4a'], /vox run MODEL talk\.m4a/],
      [['whisper', '-', '--send-chunk-ms', '0'], /--send-chunk-ms 0: expected 1 to 60000/],
    ];
    for (const [args, expected] of cases) {
      const { code, err } = await vox(['stream-transcribe', ...args]);
      assert.match(err, expected);
      assert.equal(code, 2);
    }
  });

  it('listens to a microphone until it is stopped, and then prints the rest', async () => {
    const programs = join(folder, 'programs');
    await mkdir(programs, { recursive: true });
    // A stand-in for a recorder: a steady sound, until it is told to stop.
    const recorder = join(programs, 'arecord');
    await writeFile(recorder, '#!/bin/sh\nwhile :; do printf "%s" "0123456789"; sleep 0.02; done\n');
    await chmod(recorder, 0o755);
    const transcript = { type: 'transcript', start_ms: 0, end_ms: 1, model: 'm' };
    let told = false;
    answer = (socket, type) => {
      if (type === 'config') say(socket, { type: 'ready' });
      if (type === 'audio' && !told) {
        told = true;
        say(socket, { type: 'speech_started', timestamp_ms: 0 });
        say(socket, { ...transcript, text: 'Ask', is_partial: true });
        say(socket, { ...transcript, text: 'Ask not.', is_partial: false });
      }
      if (type !== 'end') return;
      say(socket, { ...transcript, text: 'The rest.', is_partial: false });
      socket.close(1000);
    };
    const env = { VOX_HOST: host, PATH: `${programs}${delimiter}${process.env.PATH ?? ''}` };
    const child = startProgram(['stream-transcribe', 'whisper', '--mic', '--language', 'de'], {
      cwd: folder,
      env,
    });
    let out = '';
    child.stdout.on('data', (part) => {
      out += String(part);
      if (out === 'Ask not.\n') child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    assert.equal(out, 'Ask not.\nThe rest.\n');
    assert.equal(code, 0);
    assert.equal(seen.path, '/v1/audio/stream');
    assert.deepEqual(seen.messages, [
      {
        type: 'config',
        model: 'whisper',
        language: 'de',
        sample_rate: 16_000,
        partials: true,
        include_word_timestamps: false,
      },
      { type: 'end' },
    ]);
    assert.match(Buffer.concat(seen.audio).toString('latin1'), /^(0123456789)+/);
    await writeFile(recorder, '#!/bin/sh\necho "no such device" >&2; exit 1\n');
    const broken = await vox(['stream-transcribe', 'whisper', '--mic'], undefined, { PATH: env.PATH });
    assert.deepEqual([broken.code, /arecord stopped recording: no such device/.test(broken.err)], [1, true]);
  });

  it('finds the first recorder of a system, or says what to install', async () => {
    const programs = join(folder, 'others');
    await mkdir(programs, { recursive: true });
    await assert.rejects(
      findRecorder(16_000, programs, 'linux'),
      /install alsa-utils \(arecord\), sox or ffmpeg/,
    );
    for (const name of ['ffmpeg', 'sox', 'arecord']) {
      await writeFile(join(programs, name), '');
      await chmod(join(programs, name), 0o755);
      const found = await findRecorder(16_000, `${folder}${delimiter}${programs}`, 'linux');
      assert.equal(found.name, name);
      assert.ok(found.args.includes('16000'));
    }
    await rm(join(programs, 'arecord'));
    await rm(join(programs, 'sox'));
    assert.ok((await findRecorder(48_000, programs, 'darwin')).args.includes('avfoundation'));
  });
});

describe('stream-synthesize', () => {
  beforeEach(() => {
    answer = (socket, type) => {
      if (type === 'config') say(socket, { type: 'ready' });
      if (type !== 'end') return;
      say(socket, { type: 'audio_start', sample_rate: 22_050, response_format: 'pcm16' });
      socket.send(Buffer.alloc(400, 1));
      say(socket, {
        type: 'progress',
        completed_chars: 3,
        total_chars: 3,
        chunks_completed: 1,
        chunks_total: 1,
      });
      socket.send(Buffer.alloc(600, 2));
      say(socket, { type: 'done', audio_duration_ms: 1250, processing_ms: 40, text_length: 3 });
      socket.close(1000);
    };
  });

  it('writes a whole WAV and tells its progress', async () => {
    const options = ['--voice', 'joe', '--speed', '1.5', '--language', 'en', '-o', 'said.wav'];
    const { code, out, err } = await vox(['stream-synthesize', 'piper:joe', 'Hello there.', ...options]);
    assert.equal(code, 0, err);
    assert.equal(out, 'Audio saved to said.wav\n');
    assert.equal(err, '[progress] chars=3/3 chunks=1/1\n[done] audio=1.3s processing=0.0s\n');
    const wav = await readFile(join(folder, 'said.wav'));
    assert.equal(wav.readUInt32LE(24), 22_050);
    assert.equal(wav.readUInt32LE(40), 1000);
    assert.equal(wav.length, 1044);
    assert.deepEqual(seen.messages, [
      {
        type: 'config',
        model: 'piper:joe',
        voice: 'joe',
        speed: 1.5,
        language: 'en',
        response_format: 'pcm16',
      },
      { type: 'text', text: 'Hello there.' },
      { type: 'end' },
    ]);
  });

  it('reads a file, and leaves nothing behind when it fails', async () => {
    await writeFile(join(folder, 'text.txt'), `${'A sentence of some length. '.repeat(200)}`);
    await vox(['stream-synthesize', 'piper:joe', 'text.txt', '-o', 'said.wav']);
    const sent = seen.messages.slice(1, -1).map(({ text }) => String(text));
    assert.equal(sent.join(''), 'A sentence of some length. '.repeat(200));
    assert.ok(sent.length === 3 && sent.every((text) => text.length <= 2000 && text.endsWith('. ')));
    answer = (socket, type) => {
      if (type === 'config') say(socket, { type: 'ready' });
      if (type !== 'end') return;
      say(socket, { type: 'audio_start', sample_rate: 22_050, response_format: 'pcm16' });
      socket.send(Buffer.alloc(400, 1));
      say(socket, { type: 'error', message: 'the process died' });
    };
    const before = await readdir(folder);
    const { code, err } = await vox(['stream-synthesize', 'piper:joe', 'Hi.', '-o', 'cut.wav']);
    assert.deepEqual([code, err], [1, 'Error: the process died\n']);
    assert.deepEqual(await readdir(folder), before);
  });

  it('cuts a text without sentences between whole characters', () => {
    const text = `${'x'.repeat(1999)}😀${'y'.repeat(10)}`;
    assert.deepEqual([...pieces(text)], ['x'.repeat(1999), `😀${'y'.repeat(10)}`]);
  });
});

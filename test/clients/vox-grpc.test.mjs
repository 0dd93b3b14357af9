/**
 * vox-runtime's own generated gRPC stubs, both generations, unchanged and pinned, with Google's health and reflection clients,
 * against a real server on real weights.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OggPackets } from '../../packages/audio/dist/index.js';
import { NO_MODELS, speak, startServer } from '../e2e/server.mjs';
import { runPython, tryPrograms } from './environment.mjs';

const STT = 'whisper:tiny.en';
const TTS = 'piper:en-us-joe-medium';
const SENTENCE = 'Please remember to water the plants before you leave the house this evening.';
const WORDS = /remember to water the plants before you leave the house this evening/i;
const SERVICES = ['ConversationService', 'HealthService', 'ModelService', 'RtcService'];
const VERSIONS = ['0.2.2', '0.2.93'];

/** `host:port` of the gRPC listener, from the server's log. */
function grpcAddress({ lines }) {
  const line = lines.find((one) => one.includes('gRPC listening'));
  const { host, port } = JSON.parse(line);
  return `${host}:${port}`;
}

describe("vox-runtime's gRPC stubs", { skip: NO_MODELS }, () => {
  const pythons = NO_MODELS ? [] : VERSIONS.map((version) => tryPrograms(`vox-grpc-${version}`));
  const { reason } = pythons.find((one) => one.reason) ?? {};
  if (reason) return void it('run', { skip: reason }, () => {});

  const folder = mkdtempSync(join(tmpdir(), 'vox-grpc-'));
  const clip = join(folder, 'speech.wav');
  const packets = join(folder, 'packets');
  let vox;
  before(async () => {
    vox = await startServer({ args: ['--grpc-port', 'any', '--stt-model', STT] });
    writeFileSync(clip, await speak(vox.url, SENTENCE));
    const opus = await speak(vox.url, SENTENCE, { response_format: 'opus' });
    writeFileSync(packets, Buffer.concat(new OggPackets().push(opus).flatMap(withLength)));
  });
  after(async () => {
    await vox?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [i, version] of VERSIONS.entries())
    it(`those of ${version}`, async () => {
      const asked = {
        args: [grpcAddress(vox), clip, packets],
        env: { VOX_TEST_STT: STT, VOX_TEST_TTS: TTS },
      };
      const stdout = await runPython(pythons[i].bin, 'vox_grpc_client.py', asked);
      const got = JSON.parse(stdout);
      assert.equal(got.v2, version === '0.2.93');
      assert.deepEqual(got.differences, [], 'the .proto is theirs, field for field');
      assert.equal(got.messages, got.v2 ? 73 : 36);
      assertModels(got);
      assertTranscripts(got);
      assertSpeech(got);
      assertStreams(got);
      assertProbes(got);
      if (got.v2) assertSecondGeneration(got);
    });
});

function assertModels(got) {
  assert.deepEqual(got.health, { status: 'ok' });
  const stt = got.list.models.find(({ name }) => name === STT);
  assert.deepEqual([stt.type, stt.format, stt.architecture], ['stt', 'onnx', 'whisper']);
  assert.ok(Number(stt.size_bytes) > 1e7);
  assert.equal(got.show.config.type, 'stt');
  assert.match(got.show.layers[0].digest, /^sha256-[0-9a-f]{64}$/);
  const unknown = ['NOT_FOUND', got.show_unknown[1], 'model_unknown'];
  assert.deepEqual(got.show_unknown, unknown);
  assert.match(got.show_unknown[1], /no-such-model/);
  assert.deepEqual(got.delete_unknown, unknown);
  assert.match(got.pull_known[0].status, /^pulling /);
  assert.deepEqual(got.pull_known.at(-1), { status: 'success' });
  assert.equal(got.pull_unknown.at(-1).status, 'error');
  assert.match(got.pull_unknown.at(-1).error, /no-such-model/);
  const loaded = got.loaded.models.map(({ name, tag }) => `${name}:${tag}`).sort();
  assert.deepEqual(loaded, [TTS, STT]);
}

function assertTranscripts(got) {
  const { text, model, duration_ms: durationMs, segments } = got.transcribe;
  assert.match(text, WORDS);
  assert.equal(model, STT);
  assert.ok(durationMs > 2000 && durationMs < 8000, `${durationMs} ms`);
  const words = segments.flatMap((segment) => segment.words);
  assert.ok(words.length >= 12 && words.every(({ end_ms: end, start_ms: start = 0 }) => end >= start));
  assert.match(got.transcribe_default.text, /water the plants/i);
  assert.deepEqual(got.transcribe_default.segments[0].words ?? [], []);
  const failed = (name) => [got[name][0], got[name][2]];
  assert.deepEqual(failed('transcribe_empty'), ['INVALID_ARGUMENT', 'empty_audio']);
  assert.deepEqual(failed('transcribe_unknown'), ['NOT_FOUND', 'model_unknown']);
  assert.deepEqual(failed('transcribe_noise'), ['INVALID_ARGUMENT', 'unsupported_media']);
  assert.equal(got.transcribe_large[0], 'RESOURCE_EXHAUSTED');
}

function assertSpeech(got) {
  const { chunks, final, rates, samples, peak } = got.synthesize;
  assert.equal(final, chunks - 1, 'only the last says that it is');
  assert.deepEqual(rates, [22_050]);
  assert.ok(samples > 22_050 && samples < 5 * 22_050, `${samples} samples`);
  assert.ok(peak > 0.05 && peak <= 1, `peak ${peak}`);
  assert.match(got.synthesize_empty.join(), /^INVALID_ARGUMENT,No input text provided/);
  assert.match(got.synthesize_voice.join(), /^INVALID_ARGUMENT,Voice 'nobody' not found/);
  assert.ok(got.voices.voices.length >= 1 && got.voices.voices.every(({ model }) => model === TTS));
  assert.deepEqual(
    got.voices_loaded.voices.map(({ id }) => id),
    got.voices.voices.map(({ id }) => id),
  );
  assert.deepEqual([got.voices_stt[0], got.voices_stt[2]], ['INVALID_ARGUMENT', 'wrong_kind']);
  assert.equal(got.deadline[0], 'DEADLINE_EXCEEDED');
}

function assertStreams(got) {
  const finals = (told) => told.filter((one) => one.transcript && !one.transcript.is_partial);
  const textOf = (told) =>
    finals(told)
      .map(({ transcript }) => transcript.text)
      .join(' ');
  assert.deepEqual(got.stream[0], { ready: {} });
  assert.ok(got.stream.some((one) => one.speech_started) && got.stream.some((one) => one.speech_stopped));
  for (const name of ['stream', ...(got.v2 ? ['stream_opus'] : ['stream_half', 'stream_encoded'])])
    assert.match(textOf(got[name]), WORDS, name);
  const [{ transcript }] = finals(got.stream);
  assert.equal(transcript.model, STT);
  if (got.v2) assert.ok(transcript.words.length > 3 && transcript.segments.length === 1);
  const errors = got.stream_disorder.map((one) => one.error?.message ?? Object.keys(one)[0]);
  assert.match(
    errors.join('\n'),
    /^Configuration.*\n.*no-such-model.*\nready\n.*configured.*\nexpected one of/,
  );
  assert.equal(got.stream_cancelled[0], 'CANCELLED');
}

function assertConversation({ converse }) {
  const told = (kind) => converse.filter(([one]) => one === kind).map(([, fields]) => fields);
  assert.equal(converse[0][0], 'session_created');
  assert.equal(converse[0][1].policy.vad_min_silence_ms, 500);
  assert.equal(told('speech_started').length >= 1, true);
  const heard = told('transcript_done').map(({ transcript }) => transcript);
  assert.match(heard.join(' '), WORDS);
  const states = told('state_changed').map(({ state }) => state);
  assert.deepEqual(states.slice(-3), ['thinking', 'speaking', 'idle']);
  const audio = told('audio_delta');
  assert.deepEqual(
    audio.map(({ sequence = 0 }) => sequence),
    audio.map((_, i) => i),
  );
  const [{ response_id: id }] = told('response_created');
  assert.ok(audio.every(({ response_id: one, sample_rate: rate }) => one === id && rate === 22_050));
  const bytes = audio.reduce((sum, one) => sum + Buffer.from(one.audio, 'base64').length, 0);
  assert.ok(bytes > 22_050, `${bytes} bytes`);
  assert.deepEqual(told('response_done'), [{ response_id: id }]);
  assert.deepEqual(told('error'), []);
}

function assertProbes(got) {
  assert.deepEqual(got.check, { status: 'SERVING' });
  assert.deepEqual(got.check_service, { status: 'SERVING' });
  assert.deepEqual([got.check_unknown[0], got.check_unknown[2]], ['NOT_FOUND', 'not_found']);
  for (const service of SERVICES) assert.ok(got.services.includes(`vox.${service}`), service);
  assert.ok(got.services.includes('grpc.health.v1.Health'));
}

function assertSecondGeneration(got) {
  assert.equal(got.annotate[0], 'UNIMPLEMENTED');
  const { voice, created_at: createdAt } = got.voice_made;
  assert.match(voice.id, /^[0-9a-f]{8}$/);
  assert.deepEqual([voice.name, voice.language, voice.is_cloned], ['Ada', 'en', true]);
  assert.ok(Number(createdAt) > 1.7e9);
  assert.deepEqual(got.voice_deleted, { id: voice.id, deleted: true });
  for (const name of ['voice_gone', 'voice_outside']) assert.equal(got[name][0], 'NOT_FOUND', name);
  assert.equal(got.voice_empty[2], 'empty_audio');
  assertConversation(got);
  assert.deepEqual([got.rtc[0], /WebRTC/.test(got.rtc[1])], ['UNIMPLEMENTED', true]);
}

function withLength(packet) {
  return [Buffer.from([packet.length % 256, Math.floor(packet.length / 256)]), packet];
}

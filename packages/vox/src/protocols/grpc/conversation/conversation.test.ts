import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { LiveEvent } from '@vox-speech/contract';
import { until } from '../../../transport/waiting.test.support.js';
import { everything, type Message, serveGrpc } from '../serve.test.support.js';
import { judge } from './interruption.js';
import { turnPolicy } from './policy.js';

const PATH = '/vox.ConversationService/Converse';
/** No utterance waits long for its words. */
const EAGER = { speaking_interrupt_min_duration_ms: 0 };

async function open(t: TestContext, update: Message = {}) {
  const { client, runtime } = await serveGrpc(t);
  const call = client.duplex(PATH);
  const told: Message[] = [];
  call.on('data', (message: Message) => told.push(message));
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  call.on('error', () => {});
  call.write({ session_update: { stt_model: 'whisper', tts_model: 'piper:joe', ...update } });
  await until('the session', () => told.some((one) => one.session_created));
  const live = runtime.asked.listen[0];
  assert.ok(live);
  const hear = (event: LiveEvent) => live.listener.onEvent(event);
  /** The next of what is told from here on that has this field. */
  const next = async (field: string): Promise<Message> => {
    await until(field, () => told.some((one) => one[field]));
    const at = told.findIndex((one) => one[field]);
    return told.splice(0, at + 1)[at]?.[field];
  };
  return { call, told, ended, runtime, live, hear, next };
}

const started = (utterance: number): LiveEvent => ({ type: 'speech-started', utterance, atMs: 10 });
const partial = (utterance: number, text: string): LiveEvent => ({
  ...{ type: 'partial', utterance, text, stable: text.length, startMs: 10, endMs: 500 },
});
const final = (utterance: number, text: string): LiveEvent => ({
  ...{ type: 'final', utterance, text, startMs: 10, endMs: 900, reason: 'silence', language: 'en' },
  timing: { endpointToFinalMs: 1, sinceFirstAudioMs: 2, decodeMs: 30, revisedShare: 0 },
});

describe('gRPC: conversations', () => {
  it('hears a question and speaks the answer as it is written', async (t) => {
    const { call, told, ended, runtime, live, hear, next } = await open(t, {
      voice: 'default',
      language: 'en',
      sample_rate: 24_000,
      turn_profile: 'browser',
      policy: { min_interrupt_words: 4 },
    });
    const created = told[0]?.session_created;
    assert.equal(created.turn_profile, 'browser_default');
    assert.deepEqual(
      [created.policy.vad_min_silence_ms, created.policy.min_interrupt_words, created.policy.aec_warmup_ms],
      [800, 4, 900],
    );
    assert.equal(live.request.options.sampleRate, 24_000);
    assert.equal(live.request.options.endpointing.silenceMs, 800);
    call.write({ audio_append: { pcm16: Buffer.alloc(640), sample_rate: 24_000 } });
    await until('the audio', () => live.log.length === 1);
    hear(started(0));
    hear(partial(0, 'What time'));
    hear({ type: 'speech-stopped', utterance: 0, atMs: 900, reason: 'silence' });
    hear(final(0, 'What time is it?'));
    assert.deepEqual((await next('transcript_delta')).delta, 'What time');
    const done = await next('transcript_done');
    assert.deepEqual([done.transcript, done.language], ['What time is it?', 'en']);
    assert.deepEqual(await next('state_changed'), { state: 'thinking', previous_state: 'listening' });
    call.write({ response_delta: { delta: 'It is noon.' } });
    const { response_id } = await next('response_created');
    await until('the voice', () => runtime.asked.speakStream.length === 1);
    call.write({ response_commit: {} });
    assert.deepEqual(await next('response_committed'), { response_id });
    const [speech] = runtime.asked.speakStream;
    assert.ok(speech);
    const { model, voice, language, sampleRate, format } = speech.request;
    assert.deepEqual(
      { model, voice, language, sampleRate, format },
      { model: 'piper:joe', voice: 'default', language: 'en', sampleRate: 24_000, format: 'pcm' },
    );
    assert.deepEqual(speech.log, ['text It is noon.', 'finish']);
    await speech.listener.audio(Buffer.from([1, 0, 2, 0]));
    const audio = await next('audio_delta');
    assert.deepEqual(audio, {
      audio: Buffer.from([1, 0, 2, 0]),
      sample_rate: 24_000,
      response_id,
      sequence: 0,
    });
    speech.end({ durationMs: 1, processingMs: 1, warnings: [] });
    assert.deepEqual(await next('response_done'), { response_id });
    assert.deepEqual(await next('state_changed'), { state: 'idle', previous_state: 'speaking' });
    call.end();
    await until('the end', () => live.log.includes('finish'));
    live.listener.onEnd({ audioMs: 0, utterances: 1 });
    assert.equal(await ended, status.OK);
    assert.equal(live.request.signal.aborted, true);
  });

  /** A session in which the voice speaks. */
  async function speaking(t: TestContext, update: Message = { policy: EAGER }, start: Message = {}) {
    const session = await open(t, update);
    session.call.write({ response_start: start });
    session.call.write({
      response_delta: { delta: 'The tower was built in the year of the great fire.', ...start },
    });
    const { response_id } = await session.next('response_created');
    await until('the voice', () => session.runtime.asked.speakStream.length === 1);
    const [speech] = session.runtime.asked.speakStream;
    assert.ok(speech);
    // Ten seconds of sound, that nobody has heard yet.
    await speech.listener.audio(Buffer.alloc(320_000));
    await session.next('audio_delta');
    return { ...session, response_id, speech };
  }

  it('is interrupted by words', async (t) => {
    const { hear, next, response_id, speech, call, runtime } = await speaking(t);
    hear(started(1));
    hear(partial(1, 'Stop'));
    hear(partial(1, 'Stop it'));
    const { response_id: interrupted, partial_transcript } = await next('interruption_detected');
    assert.deepEqual([interrupted, partial_transcript], [response_id, 'Stop it']);
    assert.deepEqual(await next('audio_clear'), { response_id });
    assert.deepEqual(await next('response_cancelled'), { response_id });
    assert.deepEqual(await next('state_changed'), { state: 'listening', previous_state: 'interrupted' });
    await until('the voice to stop', () => speech.log.includes('cancelled'));
    hear(final(1, 'Stop it now.'));
    assert.equal((await next('state_changed')).state, 'thinking');
    call.write({ response_replace_text: { text: 'Sorry.' } });
    const again = await next('response_committed');
    assert.notEqual(again.response_id, response_id);
    await until('the other voice', () => runtime.asked.speakStream[1]?.log.includes('finish') === true);
    assert.equal(runtime.asked.speakStream[1]?.log[0], 'text Sorry.');
  });

  it('is not interrupted by a cough, by its own echo, or where it must not be', async (t) => {
    const { hear, next, told, speech } = await speaking(t);
    hear(started(1));
    hear(final(1, 'Mhm.'));
    assert.equal((await next('interruption_false_positive')).reason, 'insufficient_interrupt_evidence');
    hear(started(2));
    hear(partial(2, 'built in the year of the'));
    hear(final(2, 'Built in the year of the great fire.'));
    assert.equal((await next('interruption_false_positive')).reason, 'self_echo_transcript');
    assert.ok(!told.some((one) => one.audio_clear) && !speech.log.includes('cancelled'));
    const never = await speaking(t, { policy: EAGER }, { allow_interruptions: false });
    never.hear(started(1));
    never.hear(final(1, 'Stop it now please.'));
    await never.next('transcript_done');
    await never.call.write({ response_cancel: {} });
    await never.next('response_cancelled');
    assert.ok(!never.told.some((one) => one.interruption_detected));
  });

  it('answers what it can not do, and goes on', async (t) => {
    const { client } = await serveGrpc(t);
    const early = client.duplex(PATH);
    early.write({ audio_append: { pcm16: Buffer.alloc(2) } });
    early.write({ session_update: { turn_profile: 'loud' } });
    early.write({ session_update: { vad_backend: 'magic' } });
    early.write({ session_update: { stt_model: 'nope' } });
    early.end();
    const refused = await everything(early);
    assert.deepEqual(
      refused.told.map(({ error }) => error.message.split(/[;:]/, 1)[0]),
      ['send session_update first', 'turn_profile', 'vad_backend', "Model 'nope' not found in catalog"],
    );
    assert.equal(refused.error, undefined);
    const { call, next } = await open(t, { turn_detector: 'livekit' });
    const errors: [Message, RegExp][] = [
      [{ session_update: {} }, /configured/],
      [{ audio_append: { pcm16: Buffer.alloc(2), sample_rate: 8000 } }, /16000 Hz/],
      [{ response_delta: {} }, /delta is empty/],
      [{}, /expected one/],
    ];
    for (const [message, expected] of errors) {
      call.write(message);
      assert.match((await next('error')).message, expected);
    }
    call.write({ response_start: {} });
    call.write({ response_commit: {} });
    call.write({ response_delta: { delta: 'More.' } });
    assert.match((await next('error')).message, /^response already in flight$/);
    call.cancel();
  });

  it('WebRTC is described and refused', async (t) => {
    const { client } = await serveGrpc(t);
    const { error } = await everything(client.duplex('/vox.RtcService/Control'));
    assert.equal(error?.code, status.UNIMPLEMENTED);
    assert.match(error?.details ?? '', /WebRTC.*ConversationService/);
  });
});

it('weighs words against what the voice says', () => {
  const { policy } = turnPolicy('', null);
  const weigh = (text: string, activeMs: number, final: boolean) =>
    judge({ text, activeMs, final, spoken: 'The weather is fine today.' }, policy);
  assert.equal(weigh('wait', 900, false), 'wait');
  assert.equal(weigh('wait', 900, true), 'insufficient_interrupt_evidence');
  assert.equal(weigh('wait a', 499, false), 'wait');
  assert.equal(weigh('wait a', 500, false), 'interrupted');
  assert.equal(weigh('wait a', 0, true), 'interrupted');
  assert.equal(weigh('weather is fine', 900, false), 'wait');
  assert.equal(weigh('weather is fine', 900, true), 'self_echo_transcript');
  assert.equal(weigh('the weather is awful here I say', 900, true), 'interrupted');
  const late = turnPolicy('default', { partial_interrupts: false, vad_min_silence_ms: 1 }).policy;
  assert.equal(judge({ text: 'wait a bit', activeMs: 900, final: false, spoken: '' }, late), 'wait');
  assert.equal(late.vad_min_silence_ms, 100);
});

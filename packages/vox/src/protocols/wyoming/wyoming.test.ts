import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { LiveEvent } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import type { FakeLive } from '../../runtime/fake-live.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { type Client, type Received, serve } from './serve.test.support.js';

const FORMAT = { rate: 16_000, width: 2, channels: 1 };
const names = (events: readonly Received[]) => events.map(({ type }) => type);
const told = (events: readonly Received[]) => events.map(({ type, data }) => [type, data]);

function final(text: string, more: Partial<Extract<LiveEvent, { type: 'final' }>> = {}): LiveEvent {
  return {
    type: 'final',
    utterance: 1,
    text,
    startMs: 0,
    endMs: 900,
    reason: 'end',
    timing: { endpointToFinalMs: 1, sinceFirstAudioMs: 2, decodeMs: 3, revisedShare: 0 },
    ...more,
  };
}

const partial = (text: string, stable: number, utterance = 1): LiveEvent => ({
  type: 'partial',
  utterance,
  text,
  stable,
  startMs: 0,
  endMs: 500,
});

/** A client whose audio is being heard. */
async function hearing(t: TestContext, request: Record<string, unknown> = {}) {
  const served = await serve(t);
  const client = await served.connect();
  client.send('transcribe', request).send('audio-start', { ...FORMAT, timestamp: 0 });
  await until('what must happen', () => served.runtime.asked.listen.length === 1);
  const live = served.runtime.asked.listen[0] as FakeLive;
  const chunk = (pcm: Buffer) => client.send('audio-chunk', FORMAT, pcm);
  const ask = async () => {
    client.send('audio-stop', { timestamp: 10 });
    await until('what must happen', () => live.log.includes('finish'));
  };
  const end = () => live.listener.onEnd({ audioMs: 900, utterances: 1 });
  return { ...served, client, live, chunk, ask, end };
}

describe('Wyoming: what is here', () => {
  const attribution = { name: 'pip example==1.0.0', url: '' };
  const own = { attribution: { name: 'Vox', url: '' }, installed: true };

  it('describes what can run, field for field', async (t) => {
    const { connect } = await serve(t);
    const client = (await connect()).send('describe');
    const info = await client.next();
    assert.equal(info?.type, 'info');
    const { asr, tts, ...rest } = (info?.data ?? {}) as Record<string, Record<string, unknown>[]>;
    const version = asr?.[0]?.version;
    assert.match(String(version), /^\d+\.\d+/);
    const model = { attribution, installed: true, version: null };
    const whisper = { ...model, name: 'whisper:base', description: 'the whisper:base', languages: ['en'] };
    const joe = {
      ...model,
      name: 'piper:joe',
      description: 'the piper:joe',
      languages: ['en'],
      speakers: null,
    };
    const recogniser = {
      ...own,
      version,
      models: [whisper],
      supports_transcript_streaming: true,
      requires_external_vad: true,
      prefers_auto_gain_enabled: true,
      prefers_noise_reduction_enabled: true,
    };
    const speaker = { ...own, version, voices: [joe], supports_synthesize_streaming: true };
    assert.deepEqual(asr, [
      { ...recogniser, name: 'vox', description: 'Vox, speech to text' },
      { ...recogniser, name: 'whisper:base', description: 'the whisper:base' },
    ]);
    assert.deepEqual(tts, [
      { ...speaker, name: 'vox', description: 'Vox, text to speech' },
      { ...speaker, name: 'piper:joe', description: 'the piper:joe' },
    ]);
    assert.deepEqual(rest, { handle: [], intent: [], wake: [], mic: [], snd: [] });
  });

  it('answers pings, also while something else goes on, and drops what it does not know', async (t) => {
    const { client, live } = await hearing(t);
    client.send('audio-stop').send('detect', { names: ['x'] }, Buffer.from('payload'));
    await until('what must happen', () => live.log.includes('finish'));
    client.send('ping', { text: 'there?' }).send('ping');
    assert.deepEqual(told([await client.next(), await client.next()] as Received[]), [
      ['pong', { text: 'there?' }],
      ['pong', { text: null }],
    ]);
  });

  it('counts for Prometheus', async (t) => {
    const { connect, metrics, runtime } = await serve(t);
    const client = (await connect()).send('describe').send('synthesize', { text: 'Hi.' });
    await client.upTo('audio-stop');
    client.send('synthesize', { text: 'Hi.', voice: { name: 'nobody' } });
    runtime.script.speakError = new VoxError('invalid_request', "Voice 'nobody' not found", {
      param: 'voice',
    });
    await client.upTo('error');
    const { text } = await metrics.scrape();
    assert.match(text, /vox_wyoming_connections 1/);
    assert.match(text, /vox_wyoming_accepted_total 1/);
    assert.match(text, /vox_wyoming_requests_total\{request="describe",outcome="done"\} 1/);
    assert.match(text, /vox_wyoming_requests_total\{request="synthesize",outcome="done"\} 1/);
    assert.match(text, /vox_wyoming_requests_total\{request="synthesize",outcome="failed"\} 1/);
    assert.match(text, /vox_wyoming_errors_total\{code="invalid_request"\} 1/);
  });
});

describe('Wyoming: speech to text', () => {
  it('tells what has become certain, then the transcript, every field as Wyoming has it', async (t) => {
    const context = { conversation: 7 };
    const { client, live, chunk, ask, end } = await hearing(t, { language: 'en-US', context });
    chunk(Buffer.from([1, 2, 3])).send('audio-chunk', { ...FORMAT, timestamp: null }, Buffer.from([4]));
    await ask();
    assert.deepEqual(Buffer.concat(live.audio), Buffer.from([1, 2, 3, 4]));
    const { listener } = live;
    listener.onEvent(partial('Ask not wot', 4));
    listener.onEvent(partial('Ask not what', 8));
    listener.onEvent(final(' Ask not what.'));
    // Of the next utterance before its turn, and in it.
    listener.onEvent(partial('Your', 4, 2));
    listener.onEvent(final('Your country', { utterance: 2 }));
    end();
    assert.deepEqual(told(await client.upTo('transcript-stop')), [
      ['transcript-start', { language: 'en', context }],
      ['transcript-chunk', { text: 'Ask' }],
      ['transcript-chunk', { text: ' not' }],
      ['transcript-chunk', { text: ' what.' }],
      ['transcript-chunk', { text: ' Your' }],
      ['transcript-chunk', { text: ' country' }],
      ['transcript', { text: 'Ask not what. Your country', language: 'en', context }],
      ['transcript-stop', {}],
    ]);
  });

  it('asks the live core as stt-ws does, with names before terms as hotwords', async (t) => {
    const { live } = await hearing(t, {
      name: 'whisper:base',
      language: 'de',
      transcript_names: ['Küche', ' Flur ', ''],
      transcript_terms: ['dimmen', 'Küche'],
    });
    assert.equal(live.request.model, 'whisper:base');
    assert.equal(live.request.overflow, 'wait');
    assert.deepEqual(live.request.options, {
      sampleRate: 16_000,
      language: 'de',
      task: 'transcribe',
      words: false,
      hotwords: ['Küche', 'Flur', 'dimmen'],
      endpointing: {
        detector: 'silero',
        silenceMs: 500,
        minSpeechMs: 60,
        preRollMs: 500,
        maxUtteranceMs: 30_000,
        patient: true,
      },
      partialMs: 500,
    });
  });

  it('ends a command by itself where asked to, and ignores the tail', async (t) => {
    const { client, live, chunk, runtime } = await hearing(t, { vad_sensitivity: 'aggressive' });
    assert.equal(live.request.options.endpointing.silenceMs, 250);
    assert.equal(live.request.options.endpointing.patient, undefined);
    chunk(Buffer.alloc(320));
    live.listener.onEvent(final('', { reason: 'silence' }));
    live.listener.onEvent(final('Lights on.', { utterance: 2, reason: 'silence' }));
    assert.deepEqual(names(await client.upTo('transcript-stop')), [
      'transcript-start',
      'transcript-chunk',
      'transcript',
      'transcript-stop',
    ]);
    assert.ok(live.request.signal.aborted);
    for (let sent = 0; sent < 5; sent++) chunk(Buffer.alloc(320));
    client.send('audio-stop').send('ping', { text: 'next' });
    assert.equal((await client.next())?.type, 'pong');
    client.send('transcribe', {}).send('audio-start', FORMAT);
    await until('what must happen', () => runtime.asked.listen.length === 2);
  });

  it('says in the transcript what it could not do', async (t) => {
    const { client, live, ask, end } = await hearing(t, { transcript_terms: ['dimmen'] });
    const message = 'this model takes no hotwords; they were not used';
    live.listener.onEvent({ type: 'warning', warning: { type: 'unsupported', option: 'hotwords', message } });
    await ask();
    end();
    const events = await client.upTo('transcript-stop');
    assert.deepEqual(events[1]?.data, { text: '', warnings: [{ option: 'hotwords', message }] });
  });

  it('leaves out names beyond the limits, and says so', async (t) => {
    const names = Array.from({ length: 201 }, (_, at) => `name ${at}`);
    const { client, live, ask, end } = await hearing(t, { transcript_names: ['x'.repeat(101), ...names] });
    assert.deepEqual(live.request.options.hotwords, names.slice(0, 200));
    await ask();
    end();
    const { data } = (await client.upTo('transcript-stop'))[1] ?? {};
    const message = '200 phrases of 100 characters are taken; 2 of 202 were left out';
    assert.deepEqual(data, { text: '', warnings: [{ option: 'hotwords', message }] });
  });

  it('hears a chunk without audio-start, and answers audio-stop with nothing to nothing', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = await connect();
    client.send('audio-stop').send('transcribe', { language: 'en' }).send('audio-stop').send('audio-stop');
    assert.deepEqual(told(await client.upTo('transcript-stop')), [
      ['transcript-start', { language: 'en' }],
      ['transcript', { text: '', language: 'en' }],
      ['transcript-stop', {}],
    ]);
    client.send('audio-chunk', { ...FORMAT, rate: 44_100 }, Buffer.alloc(4));
    await until('what must happen', () => runtime.asked.listen[0]?.audio.length === 1);
    assert.equal(runtime.asked.listen[0]?.request.options.sampleRate, 44_100);
    assert.equal(runtime.asked.listen[0]?.request.model, '');
  });

  it('has other samples converted elsewhere', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = await connect();
    const format = { rate: 48_000, width: 3, channels: 2 };
    client.send('audio-start', format).send('audio-chunk', format, Buffer.alloc(12, 7)).send('audio-stop');
    await until('what must happen', () => runtime.asked.listen[0]?.log.includes('finish') === true);
    assert.deepEqual(runtime.asked.decodeStream, ['wav']);
    // The stand-in hands on what it is given: a header of 24-bit stereo, then the samples.
    const audio = Buffer.concat(runtime.asked.listen[0]?.audio ?? []);
    assert.equal(audio.subarray(0, 4).toString(), 'RIFF');
    assert.deepEqual(
      [audio.readUInt16LE(22), audio.readUInt32LE(24), audio.readUInt16LE(34)],
      [2, 48_000, 24],
    );
    assert.deepEqual(audio.subarray(-12), Buffer.alloc(12, 7));
  });

  it('keeps a client waiting while the engine is behind, and is not killed by 10 000 tiny chunks', async (t) => {
    const { client, live, chunk, ask } = await hearing(t);
    live.hasRoom = false;
    for (let sent = 0; sent < 10_000; sent++) chunk(Buffer.from([sent & 255, sent >> 8]));
    await until('what must happen', () => live.audio.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(live.audio.length, 1);
    live.hasRoom = true;
    live.listener.onDrain();
    await ask();
    const heard = Buffer.concat(live.audio);
    assert.equal(heard.length, 20_000);
    for (let sample = 0; sample < 10_000; sample++) assert.equal(heard.readUInt16LE(2 * sample), sample);
    assert.equal(client.closed, false);
  });

  it('frees the engine when the client goes, in the middle of a payload too', async (t) => {
    for (const rest of [
      '',
      '{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":1},"payload_length":9}\nabc',
    ]) {
      const { client, live } = await hearing(t);
      client.raw(rest);
      client.socket.end();
      await until('what must happen', () => live.request.signal.aborted);
    }
  });
});

describe('Wyoming: text to speech', () => {
  const voice = { name: 'piper:joe' };
  const spoken = async (client: Client) => client.upTo('audio-stop');

  it('speaks a text whole: one start, chunks, one stop', async (t) => {
    const { connect, runtime } = await serve(t);
    runtime.script.audio = async function* () {
      yield Buffer.alloc(2 * 1500, 1);
      yield Buffer.alloc(2 * 705, 2);
    };
    const client = (await connect()).send('synthesize', { text: 'Hello.', voice });
    const events = await spoken(client);
    const format = { rate: 22_050, width: 2, channels: 1 };
    assert.deepEqual(told(events), [
      ['audio-start', { ...format, timestamp: 0 }],
      ['audio-chunk', { ...format, timestamp: 0 }],
      ['audio-chunk', { ...format, timestamp: 46 }],
      ['audio-chunk', { ...format, timestamp: 68 }],
      ['audio-stop', { timestamp: 100 }],
    ]);
    assert.deepEqual(
      events.map(({ payload }) => payload.length),
      [0, 2048, 952, 1410, 0],
    );
    const [asked] = runtime.asked.speak;
    assert.deepEqual(
      [asked?.model, asked?.voice, asked?.text, asked?.format],
      ['piper:joe', '', 'Hello.', 'pcm'],
    );
  });

  it('takes the words out of SSML', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = (await connect()).send('synthesize', {
      text: '<speak>A &amp; B</speak>',
      text_format: 'ssml',
    });
    await spoken(client);
    assert.equal(runtime.asked.speak[0]?.text, 'A & B');
  });

  it('speaks a text that is still being written, sentence by sentence, and ignores the copy of it', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = (await connect()).send('synthesize-start', { voice });
    client.send('synthesize-chunk', { text: 'One. ' }).send('synthesize-chunk', { text: 'Two.' });
    client.send('synthesize', { text: 'One. Two.', voice });
    await until('what must happen', () => runtime.asked.speakStream[0]?.log.length === 2);
    const speech = runtime.asked.speakStream[0];
    const progress = { completedCharacters: 5, totalCharacters: 9, completedSentences: 1, totalSentences: 2 };
    await speech?.listener.audio(Buffer.alloc(4));
    await speech?.listener.audio(Buffer.alloc(4));
    speech?.listener.progress(progress);
    assert.deepEqual(names(await spoken(client)), [
      'audio-start',
      'audio-chunk',
      'audio-chunk',
      'audio-stop',
    ]);
    client.send('synthesize-stop');
    await until('what must happen', () => speech?.log.includes('finish') === true);
    await speech?.listener.audio(Buffer.alloc(4));
    speech?.listener.progress(progress);
    speech?.end({ durationMs: 1, processingMs: 1, warnings: [] });
    assert.deepEqual(told(await client.upTo('synthesize-stopped')), [
      ['audio-start', { rate: 22_050, width: 2, channels: 1, timestamp: 0 }],
      ['audio-chunk', { rate: 22_050, width: 2, channels: 1, timestamp: 0 }],
      ['audio-stop', { timestamp: 0 }],
      ['synthesize-stopped', {}],
    ]);
    assert.deepEqual(speech?.log, ['text One. ', 'text Two.', 'finish']);
    assert.equal(runtime.asked.speak.length, 0);
    // It was about that one: the next is a request again.
    client.send('synthesize', { text: 'Three.' });
    await spoken(client);
    assert.equal(runtime.asked.speak.length, 1);
  });

  it('ends a stream of nothing at once', async (t) => {
    const { connect, runtime } = await serve(t);
    const client = await connect();
    client.send('synthesize-start').send('synthesize-chunk', { text: ' ' }).send('synthesize-stop');
    assert.deepEqual(names(await client.upTo('synthesize-stopped')), ['synthesize-stopped']);
    assert.deepEqual(runtime.asked.speakStream[0]?.log, ['text  ', 'cancelled']);
  });

  it('stops speaking when the client goes', async (t) => {
    const { connect, runtime } = await serve(t);
    const stopped: string[] = [];
    runtime.script.audio = async function* ({ signal }) {
      yield Buffer.alloc(4);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    for (const type of ['synthesize', 'synthesize-start']) {
      const client = (await connect()).send(type, { text: 'Hello.' });
      if (type === 'synthesize') await client.upTo('audio-chunk');
      else await until('what must happen', () => runtime.asked.speakStream.length === 1);
      client.socket.destroy();
      const asked = type === 'synthesize' ? runtime.asked.speak[0] : runtime.asked.speakStream[0]?.request;
      await until('what must happen', () => asked?.signal.aborted === true);
      stopped.push(type);
    }
    assert.equal(stopped.length, 2);
  });
});

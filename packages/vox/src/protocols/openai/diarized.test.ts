import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { serve } from './serve.test.support.js';

const SEGMENTS = [
  { text: ' How are you?', startMs: 120, endMs: 1480, speaker: 'A', channel: 0 },
  { text: ' Today?', startMs: 1600, endMs: 2000, speaker: 'A', channel: 0 },
  { text: ' Fine.', startMs: 2100, endMs: 2555, speaker: 'Agent', channel: 1 },
];
const TEXT = 'A: How are you? Today?\nAgent: Fine.';
const event = (id: string, start: number, end: number, text: string, speaker: string) => ({
  type: 'transcript.text.segment',
  id,
  start,
  end,
  text,
  speaker,
});
const EVENTS = [
  event('seg_001', 0.12, 1.48, 'How are you?', 'A'),
  event('seg_002', 1.6, 2, 'Today?', 'A'),
  event('seg_003', 2.1, 2.555, 'Fine.', 'Agent'),
];
const WANTED: [string, string] = ['response_format', 'diarized_json'];
const AUDIO = `data:audio/wav;base64,${Buffer.from('RIFF....').toString('base64')}`;

test('diarized_json names who said what', async (t) => {
  const { transcribe, runtime } = await serve(t);
  runtime.script.segments = SEGMENTS;
  const answer = await transcribe([['model', 'whisper-1'], WANTED]);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    task: 'transcribe',
    duration: 8.47,
    text: TEXT,
    segments: EVENTS,
    usage: { type: 'duration', seconds: 9 },
  });
  assert.deepEqual(runtime.asked.transcribe.at(-1)?.diarize, { known: [] });
  const plain = await transcribe([['model', 'whisper-1']]);
  assert.equal(((await plain.json()) as { text: string }).text, 'How are you? Today? Fine.');
  assert.equal(runtime.asked.transcribe.at(-1)?.diarize, undefined);
});

test('as events: deltas joined are the text, each segment follows what it added', async (t) => {
  const { transcribe, runtime } = await serve(t);
  runtime.script.segments = SEGMENTS;
  const body = await (await transcribe([WANTED, ['stream', 'true']])).text();
  const lines = body.split('\n').filter((line) => line.startsWith('data: '));
  assert.equal(lines.pop(), 'data: [DONE]');
  const events = lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
  const deltas = events.filter((one) => one.type === 'transcript.text.delta');
  assert.deepEqual(
    deltas.map((one) => one.segment_id),
    ['seg_001', 'seg_002', 'seg_003'],
  );
  assert.equal(deltas.map((one) => one.delta).join(''), TEXT);
  assert.deepEqual(
    events.filter((one) => one.type === 'transcript.text.segment'),
    EVENTS,
  );
  assert.deepEqual(events.at(-1), {
    type: 'transcript.text.done',
    text: TEXT,
    usage: { type: 'duration', seconds: 9 },
  });
});

test('known speakers come as files that are gone afterwards', async (t) => {
  const { transcribe, runtime, directory } = await serve(t);
  const seen: string[] = [];
  runtime.script.work = async ({ diarize }) => {
    for (const { name, path } of diarize?.known ?? []) seen.push(`${name}: ${await readFile(path, 'utf8')}`);
  };
  for (const stream of ['false', 'true']) {
    const answer = await transcribe([
      WANTED,
      ['stream', stream],
      ['diarize_by', 'voice'],
      ['known_speaker_names[]', 'Agent, senior'],
      ['known_speaker_names[]', 'B'],
      ['known_speaker_references[]', AUDIO],
      ['known_speaker_references[]', AUDIO.replace('audio/wav', 'audio/wav;codecs=1')],
    ]);
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(runtime.asked.transcribe.at(-1)?.diarize?.by, 'voice');
    assert.deepEqual(seen.splice(0), ['Agent, senior: RIFF....', 'B: RIFF....']);
    assert.deepEqual(await readdir(directory), []);
  }
  const asJson = await transcribe([
    WANTED,
    ['known_speaker_names', '["X"]'],
    ['known_speaker_references', JSON.stringify([AUDIO])],
  ]);
  assert.equal(asJson.status, 200);
  assert.deepEqual(seen, ['X: RIFF....']);
});

test('what is wrong names the field', async (t) => {
  const { transcribe, runtime, directory } = await serve(t);
  const names = (...all: string[]): [string, string][] => all.map((one) => ['known_speaker_names[]', one]);
  const references = (...all: string[]): [string, string][] =>
    all.map((one) => ['known_speaker_references[]', one]);
  const five = ['a', 'b', 'c', 'd', 'e'];
  const cases: [[string, string][], string, RegExp][] = [
    [[['prompt', 'hi']], 'prompt', /speakers are told apart/],
    [[['diarize_by', 'face']], 'diarize_by', /auto, channel, voice/],
    [
      [...names(...five), ...references(...five.map(() => AUDIO))],
      'known_speaker_names',
      /5 names; at most 4/,
    ],
    [names('a'), 'known_speaker_references', /1 names and 0 recordings/],
    [references(AUDIO), 'known_speaker_names', /0 names and 1 recordings/],
    [[...names('a', 'a'), ...references(AUDIO, AUDIO)], 'known_speaker_names', /"a" twice/],
    [[...names(' '), ...references(AUDIO)], 'known_speaker_names', /\[0\] must have 1 to 64/],
    [[...names('x'.repeat(65)), ...references(AUDIO)], 'known_speaker_names', /\[0\] must have 1 to 64/],
    [
      [...names('a'), ...references('https://example.com/a.wav')],
      'known_speaker_references',
      /\[0\] must be a data URL/,
    ],
    [[...names('a'), ...references('data:audio/wav;base64,')], 'known_speaker_references', /\[0\] is empty/],
    [[['known_speaker_names', '[1]']], 'known_speaker_names', /no JSON array of texts/],
    [
      [...names('a'), ...references(`${AUDIO}${'A'.repeat(4 * 2 ** 20)}`)],
      'known_speaker_references[]',
      /longer than 4194304 bytes/,
    ],
    [[['timestamp_granularities[]', 'word']], 'timestamp_granularities', /verbose_json, not diarized_json/],
    [[['include[]', 'logprobs']], 'include', /not diarized_json/],
    [[['model', 'piper:joe']], 'model', /not a stt/],
  ];
  for (const [fields, param, text] of cases) {
    const answer = await transcribe([WANTED, ...fields]);
    const { error } = (await answer.json()) as { error: { message: string; param: string } };
    assert.equal(answer.status, 400, error.message);
    assert.equal(error.param, param, error.message);
    assert.match(error.message, text);
  }
  const translated = await transcribe([WANTED], 'RIFF', 'translations');
  assert.equal(translated.status, 400);
  assert.match(await translated.text(), /response_format.*a translation names no speakers/);
  assert.deepEqual(runtime.asked.transcribe, []);
  assert.deepEqual(await readdir(directory), []);
});

/** Every field, format and error of OpenAI's audio routes (vox.md section 3, wire.md section 2a) as rows. */
import { a, fault, form } from './contract-rows.mjs';
import { CLIP, crash, TEXT, wav } from './contract-shapes.mjs';

const MODEL = 'replay-stt:one';
const VOICE = 'replay-tts:one';
const SAID = 'hello world';
const EVENTS = 'text/event-stream; charset=utf-8';
const usage = { type: 'duration', seconds: 2 };
const json = { text: SAID, usage };
const segment = {
  id: 0,
  seek: 0,
  start: 0,
  end: 2,
  text: SAID,
  tokens: [],
  temperature: 0,
  avg_logprob: 0,
  compression_ratio: a.number,
  no_speech_prob: 0,
};
const ABLE = 'talented-stt:one';
const logprobs = [
  { token: 'hello', logprob: -0.5, bytes: [104, 101, 108, 108, 111] },
  { token: ' world', logprob: -0.5, bytes: [32, 119, 111, 114, 108, 100] },
];
const words = [
  { word: 'hello', start: 0, end: 1 },
  { word: 'world', start: 1, end: 2 },
];
const verbose = (more) => ({
  task: 'transcribe',
  language: 'english',
  duration: 2,
  text: SAID,
  ...more,
  usage,
  model: MODEL,
  processing_ms: a.count,
});
const unsupported = (option) => ({ type: 'unsupported', option, message: a.string });
/** The events of an answer; the last is `[DONE]`. */
const events = (check) => (text) => {
  const all = text.split('\n\n').filter(Boolean);
  if (all.pop() !== 'data: [DONE]' || all.some((one) => !one.startsWith('data: {'))) return false;
  return check(all.map((one) => JSON.parse(one.slice(6))));
};
const same = (value, wanted) => JSON.stringify(value) === JSON.stringify(wanted);

const listen = (fields, row) => ({
  do: 'POST /v1/audio/transcriptions',
  form: form({ file: CLIP, model: MODEL, ...fields }),
  status: 200,
  ...row,
});
const refused = (fields, param, pattern) =>
  listen(fields, { status: 400, is: fault('invalid_request', pattern, { param }) });
const granular = (fields, lists) =>
  listen({ response_format: 'verbose_json', ...fields }, { is: verbose(lists) });
const LIST = 'timestamp_granularities';

export const transcriptRows = [
  listen(
    {},
    { is: json, has: { 'x-vox-model': MODEL, 'x-vox-processing-ms': a.string, 'x-vox-warning': null } },
  ),
  listen({ model: '' }, { is: json }),
  listen({ model: 'whisper-1' }, { is: json }),
  listen({ model: 'acme/ears' }, { is: json, has: { 'x-vox-model': MODEL } }),
  listen({ response_format: 'json', language: 'en', keep_alive: '5m' }, { is: json }),
  listen({ language: 'English' }, { is: json }),
  listen({ language: 'en-US' }, { is: json }),
  listen({ response_format: 'text' }, { type: TEXT, is: `${SAID}\n` }),
  listen({ response_format: 'srt' }, { type: TEXT, is: `1\n00:00:00,000 --> 00:00:02,000\n${SAID}\n\n` }),
  listen(
    { response_format: 'vtt' },
    { type: 'text/vtt; charset=utf-8', is: `WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n${SAID}\n\n` },
  ),
  granular({}, { segments: [segment] }),
  granular({ [`${LIST}[]`]: 'segment' }, { segments: [segment] }),
  granular({ [`${LIST}[]`]: 'word' }, { words }),
  granular({ [LIST]: 'word' }, { words }),
  granular({ [LIST]: 'word,segment' }, { words, segments: [segment] }),
  granular({ [LIST]: '["segment","word"]' }, { words, segments: [segment] }),
  granular({ [LIST]: 'segment', [`${LIST}[]`]: 'word' }, { words, segments: [segment] }),
  listen({ [`${LIST}[]`]: 'segment' }, { is: json }),
  refused({ [`${LIST}[]`]: 'word' }, LIST, /response_format verbose_json, not json/),
  refused(
    { [`${LIST}[]`]: 'char', response_format: 'verbose_json' },
    LIST,
    /word, segment or both; got "char"/,
  ),

  listen(
    { stream: 'true' },
    {
      type: EVENTS,
      is: events((all) =>
        same(all, [
          { type: 'transcript.text.delta', delta: SAID },
          { type: 'transcript.text.done', text: SAID, usage },
        ]),
      ),
    },
  ),
  listen({ stream: 'false' }, { is: json }),
  refused({ stream: 'true', response_format: 'vtt' }, 'stream', /not vtt/),
  refused({ stream: 'maybe' }, 'stream', /true or false/),
  listen(
    { stream: 'true', file: crash(), model: 'crash-stt:one' },
    { status: 500, is: fault('runner_crashed', /./, { type: 'server_error' }) },
  ),

  // What can't be met is said twice: in the header, and where the answer has a place for it.
  listen(
    { prompt: 'Names: Ada' },
    { is: { ...json, warnings: [unsupported('prompt')] }, has: { 'x-vox-warning': a.text(/^prompt: /) } },
  ),
  listen({ temperature: '0' }, { is: json }),
  listen({ temperature: '0.4' }, { is: { ...json, warnings: [unsupported('temperature')] } }),
  listen({ 'include[]': 'logprobs' }, { is: { ...json, warnings: [unsupported('include')] } }),
  listen({ chunking_strategy: 'auto' }, { is: json }),
  listen({ 'chunking_strategy[type]': 'server_vad' }, { is: json }),
  listen(
    { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[threshold]': '0.5' },
    { is: json, has: { 'x-vox-warning': null } },
  ),
  listen({ chunking_strategy: '{"type":"server_vad","silence_duration_ms":200}' }, { is: json }),
  refused({ chunking_strategy: 'none' }, 'chunking_strategy', /must be auto, or an object/),
  refused({ 'chunking_strategy[type]': 'client_vad' }, 'chunking_strategy', /type must be server_vad/),
  refused(
    { chunking_strategy: '{"type":"server_vad","threshold":2}' },
    'chunking_strategy',
    /threshold must be a number from 0 to 1/,
  ),

  listen({ model: ABLE, 'include[]': 'logprobs' }, { is: { text: SAID, logprobs, usage } }),
  listen({ model: ABLE, include: '["logprobs"]' }, { is: { text: SAID, logprobs, usage } }),
  listen(
    { model: ABLE, 'include[]': 'logprobs', stream: 'true' },
    {
      type: EVENTS,
      has: { 'x-vox-warning': null },
      is: events((all) =>
        same(all, [
          { type: 'transcript.text.delta', delta: SAID, logprobs },
          { type: 'transcript.text.done', text: SAID, logprobs, usage },
        ]),
      ),
    },
  ),
  listen({ model: ABLE, 'keywords[]': 'Ada, Countess' }, { is: { ...json, text: 'Ada, Countess' } }),
  listen({ model: ABLE, keywords: 'Ada, Bob' }, { is: { ...json, text: 'Ada Bob' } }),
  refused({ 'keywords[]': 'x'.repeat(101) }, 'keywords', /101 characters; at most 100/),
  refused(
    { keywords: Array.from({ length: 201 }, (_, at) => `w${at}`).join() },
    'keywords',
    /201 phrases; at most 200/,
  ),

  listen({ 'languages[]': 'de' }, { is: { ...json, languages: [{ code: 'de' }] } }),
  listen({ languages: 'English,German' }, { is: { ...json, languages: [{ code: 'en' }] } }),
  listen(
    { languages: 'xx,de' },
    {
      is: {
        ...json,
        languages: [{ code: 'de' }],
        warnings: [{ type: 'adjusted', option: 'languages', message: a.text(/does not hear xx/) }],
      },
    },
  ),
  listen({ model: 'gpt-transcribe' }, { is: { ...json, languages: [{ code: 'en' }] } }),
  refused({ languages: 'xx' }, 'languages', /hears none of xx, but en, de/),

  listen({ 'keywords[]': 'Vox' }, { is: { ...json, warnings: [unsupported('keywords')] } }),
  listen(
    { response_format: 'text', prompt: 'x' },
    { type: TEXT, is: `${SAID}\n`, has: { 'x-vox-warning': a.text(/^prompt: /) } },
  ),
  listen({ unknown: 'field' }, { is: json }),

  refused({ 'include[]': 'tokens' }, 'include', /logprobs/),
  refused({ 'include[]': 'logprobs', response_format: 'srt' }, 'include', /json, not srt/),
  refused(
    { response_format: 'xml' },
    'response_format',
    /json, text, srt, verbose_json, vtt, diarized_json; got "xml"/,
  ),
  // Speech on one channel, and no model that tells voices apart.
  listen(
    { response_format: 'diarized_json' },
    { status: 404, is: fault('model_not_found', /vox pull diarization/, { param: 'model' }) },
  ),
  refused({ temperature: '1.5' }, 'temperature', /from 0 to 1/),
  refused({ keep_alive: 'soon' }, 'keep_alive', /5m/),
  refused({ model: '../x' }, 'model', /not a model name/),
  listen({ file: Buffer.alloc(0) }, { status: 400, is: fault('empty_audio', /empty/, { param: 'file' }) }),
  listen(
    { model: VOICE },
    { status: 400, is: fault('wrong_kind', /is not an STT model/, { param: 'model' }) },
  ),
  listen({ model: 'tts-1' }, { status: 400, is: fault('wrong_kind', /is not an STT/, { param: 'model' }) }),
  listen({ model: 'nope:x' }, { status: 404, is: fault('model_not_found', /not found/, { param: 'model' }) }),
  listen(
    { model: 'whisper:base' },
    { status: 404, is: fault('model_not_found', /vox pull whisper:base/, { param: 'model' }) },
  ),
  listen(
    { file: Buffer.alloc(1_100_000) },
    { status: 413, is: fault('too_large', /1048576 bytes/, { param: 'file' }) },
  ),
  listen(
    { file: Buffer.from('<html>no sound</html>'.repeat(40)) },
    { status: 415, is: fault('unsupported_media', /not audio/, { param: 'file' }) },
  ),
  listen(
    { file: crash(), model: 'crash-stt:one' },
    { status: 500, is: fault('runner_crashed', /./, { type: 'server_error' }) },
  ),
  {
    do: 'POST /v1/audio/transcriptions',
    form: form({ model: MODEL }),
    status: 400,
    is: fault('invalid_request', /file/, { param: 'file' }),
  },
  {
    do: 'POST /v1/audio/transcriptions',
    json: { model: MODEL },
    status: 400,
    is: (body) => body.error.type === 'invalid_request_error' && body.detail === body.error.message,
  },
];

const translate = (fields, row) => ({
  ...listen({ ...fields }, row),
  do: 'POST /v1/audio/translations',
});

export const translationRows = [
  translate({}, { is: json }),
  translate({ response_format: 'text' }, { type: TEXT, is: `${SAID}\n` }),
  translate(
    { response_format: 'verbose_json' },
    { is: { ...verbose({ segments: [segment] }), task: 'translate' } },
  ),
  translate(
    { response_format: 'diarized_json' },
    { status: 400, is: (body) => body.error.param === 'response_format' },
  ),
  translate({ model: VOICE }, { status: 400, is: fault('wrong_kind', /STT/, { param: 'model' }) }),
  {
    do: 'GET /v1/audio/translations',
    status: 405,
    has: { allow: 'POST' },
    is: fault('method_not_allowed', /POST/),
  },
];

const say = (body, row) => ({
  do: 'POST /v1/audio/speech',
  json: { model: VOICE, input: 'Hello.', ...body },
  status: 200,
  type: 'audio/wav',
  ...row,
});
const unsaid = (body, param, pattern) =>
  say(body, { status: 400, type: undefined, is: fault('invalid_request', pattern, { param }) });
/** 0.06 s of tone at 22 050 Hz, 16 bit. */
const BYTES = 2 * 1323;
const PCM = 'audio/L16; rate=24000; channels=1';
const streamed = (bytes) => bytes.readUInt32LE(4) === 0xffffffff && bytes.length === 44 + BYTES;
const MAGIC = {
  mp3: ['audio/mpeg', (bytes) => bytes.toString('latin1', 0, 3) === 'ID3' || bytes[0] === 0xff],
  opus: ['audio/ogg', (bytes) => bytes.toString('latin1', 0, 4) === 'OggS'],
  aac: ['audio/aac', (bytes) => bytes[0] === 0xff && (bytes[1] & 0xf0) === 0xf0],
  flac: ['audio/flac', (bytes) => bytes.toString('latin1', 0, 4) === 'fLaC'],
};

/** What needs the ffmpeg program, where there is one; else it is refused with how to get one. */
export const encodedRows = (ffmpeg) =>
  Object.entries(MAGIC).map(([format, [type, is]]) =>
    ffmpeg
      ? say({ response_format: format }, { type, is })
      : say(
          { response_format: format },
          { status: 415, type: undefined, is: fault('ffmpeg_missing', /vox pull ffmpeg/) },
        ),
  );

export const speechRows = [
  say({}, { is: streamed, has: { 'x-vox-model': VOICE, 'content-length': null } }),
  say({ model: '', voice: 'default' }, { is: streamed }),
  say({ model: 'acme/mouth', voice: { id: 'tone' } }, { is: streamed }),
  say(
    { stream: false },
    { is: wav, has: { 'content-length': String(44 + BYTES), 'x-vox-processing-ms': a.string } },
  ),
  say({ response_format: 'pcm' }, { type: PCM, is: (bytes) => Math.abs(bytes.length - 2 * 1440) <= 4 }),
  say({ speed: 2, stream: false }, { is: (bytes) => Math.abs(bytes.length - 44 - BYTES / 2) <= 4 }),
  say({ voice: 'boss' }, { is: streamed, has: { 'x-vox-warning': null } }),
  say(
    { voice: 'alloy' },
    { is: streamed, has: { 'x-vox-warning': a.text(/no voice alloy; default speaks/) } },
  ),
  say({ instructions: 'Whisper.' }, { is: streamed, has: { 'x-vox-warning': a.text(/^instructions: /) } }),
  say({ stream_format: 'audio', unknown: 1 }, { is: streamed }),
  say(
    { stream_format: 'sse', response_format: 'pcm' },
    {
      type: EVENTS,
      is: events((all) => {
        const done = all.pop();
        const bytes = Buffer.concat(all.map(({ audio }) => Buffer.from(audio, 'base64')));
        return (
          all.every(({ type }) => type === 'speech.audio.delta') &&
          Math.abs(bytes.length - 2 * 1440) <= 4 &&
          same(done, {
            type: 'speech.audio.done',
            usage: { input_tokens: 6, output_tokens: 2, total_tokens: 8 },
          })
        );
      }),
    },
  ),

  unsaid({ input: ' ' }, 'input', /No input text/),
  unsaid({ input: 7 }, 'input', /string/),
  unsaid({ input: 'x'.repeat(2001) }, 'input', /2001 characters; at most 2000/),
  unsaid({ voice: 'nobody' }, 'voice', /Voice 'nobody' not found; this model has: default, tone/),
  unsaid({ speed: 0 }, 'speed', /0\.25 to 4/),
  unsaid({ speed: 3 }, 'speed', /between 0\.5 and 2/),
  unsaid({ response_format: 'midi' }, 'response_format', /"wav"/),
  unsaid({ stream_format: 'mp4' }, 'stream_format', /"sse"/),
  unsaid({ params: { cfg: 1 } }, 'params', /cfg/),
  say(
    { model: MODEL },
    { status: 400, type: undefined, is: fault('wrong_kind', /is not a TTS model/, { param: 'model' }) },
  ),
  say(
    { model: 'nope:x' },
    { status: 404, type: undefined, is: fault('model_not_found', /not found/, { param: 'model' }) },
  ),
  say(
    { model: 'crash-tts:one', input: 'Bang.' },
    { status: 500, type: undefined, is: fault('runner_crashed', /./, { type: 'server_error' }) },
  ),
  {
    do: 'POST /v1/audio/speech',
    body: '{"input":',
    headers: { 'content-type': 'application/json' },
    status: 400,
    is: (body) => body.error.type === 'invalid_request_error' && body.detail === body.error.message,
  },
  {
    do: 'GET /v1/audio/speech',
    status: 405,
    has: { allow: 'POST' },
    is: fault('method_not_allowed', /POST/),
  },
  { do: 'POST /v1/audio/dubbing', json: {}, status: 404, is: fault('not_found', /no route/) },
];

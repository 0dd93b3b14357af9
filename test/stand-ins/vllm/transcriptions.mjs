/**
 * vLLM's `/v1/audio/transcriptions` and `/v1/audio/translations`: JSON with `usage`, `verbose_json` whose `duration` is a
 * string, and a stream that looks like a chat.
 */
import { randomUUID } from 'node:crypto';
import { errorBody, eventStream, formOf, Refusal, sendJson } from './answers.mjs';

/** vLLM hears a file in windows of so many seconds; each ends with a `finish_reason`. */
const WINDOW_SECONDS = 30;
/** VLLM_MAX_AUDIO_CLIP_FILESIZE_MB. */
const MAX_BYTES = 25 * 1024 * 1024;
/** The form's other fields on top of the file. */
const FORM_BYTES = 1024 * 1024;
/** Audio tokens of a second, for `usage`: one for 80 ms. */
const TOKENS_PER_SECOND = 12.5;

/**
 * @param {'transcription' | 'translation'} task
 * @param {import('./index.mjs').House} house
 * @param {AbortSignal} signal aborts when the client leaves
 * @param {import('./ledger.mjs').Request} counted
 */
export async function serveTranscription(task, request, response, house, signal, counted) {
  const form = await formOf(request, MAX_BYTES + FORM_BYTES);
  counted.fields = fieldsOf(form);
  const ask = requestOf(form, house);
  await house.mayAnswer(signal);
  const heard = await house.engine.transcribe({ ...ask, task }, signal);
  if (ask.stream) return streamed(task, ask, heard, response, house, signal);
  const text = heard.segments.map((segment) => segment.text).join('');
  if (ask.format === 'verbose_json') return sendJson(response, 200, verbose(text, heard, ask));
  const usage = { type: 'duration', seconds: Math.ceil(heard.seconds) };
  // `text` is answered with JSON too: that is what vLLM does.
  sendJson(response, 200, task === 'transcription' ? { text, usage } : { text });
}

/** For the stand-in's statistics: the file is only told of. */
function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of form) {
    fields[name] =
      typeof value === 'string' ? value : { name: value.name, type: value.type, bytes: value.size };
  }
  return fields;
}

/** Checks the form in vLLM's order. Throws a Refusal. */
function requestOf(form, house) {
  const file = form.get('file');
  if (file === null)
    throw new Refusal(
      400,
      "[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}]",
      'Bad Request',
    );
  if (typeof file === 'string')
    throw new Refusal(
      422,
      "Expected 'file' to be a file-like object, not 'str'.",
      'UnprocessableEntityError',
    );
  const flag = (name) => /^(true|1|on|yes|t|y)$/i.test(String(form.get(name) ?? ''));
  const stream = flag('stream');
  for (const name of ['stream_include_usage', 'stream_continuous_usage_stats'])
    if (flag(name) && !stream)
      throw new Refusal(
        400,
        'Stream options can only be defined when `stream=True`.',
        'BadRequestError',
        name,
      );
  const xargs = form.get('vllm_xargs');
  if (typeof xargs === 'string') parseXargs(xargs);
  const model = form.get('model');
  if (typeof model === 'string' && !house.serves(model))
    throw new Refusal(404, `The model \`${model}\` does not exist.`, 'NotFoundError', 'model');
  const format = String(form.get('response_format') ?? 'json');
  if (!['json', 'text', 'verbose_json'].includes(format))
    throw new Refusal(400, 'Currently only support response_format: `text`, `json` or `verbose_json`');
  if (format === 'verbose_json' && !/whisper/i.test(house.model))
    throw new Refusal(400, `Currently do not support verbose_json for ${house.model}`);
  if (format === 'verbose_json' && stream)
    throw new Refusal(400, "verbose_json format doesn't support streaming case");
  if (file.size > MAX_BYTES)
    throw new Refusal(400, 'Maximum file size exceeded', 'BadRequestError', 'audio_filesize_mb');
  return {
    file,
    format,
    stream,
    language: form.get('language') ?? undefined,
    prompt: form.get('prompt') ?? undefined,
    includeUsage: flag('stream_include_usage'),
    continuousUsage: flag('stream_include_usage') && flag('stream_continuous_usage_stats'),
  };
}

function parseXargs(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Refusal(
      400,
      `Failed to parse vllm_xargs. Must be valid JSON: ${error.message}`,
      'BadRequestError',
      'vllm_xargs',
    );
  }
}

/** As Whisper gives it; words never come, and what vLLM doesn't know is null. */
function verbose(text, { seconds, segments }, ask) {
  return {
    duration: String(seconds),
    language: ask.language ?? 'en',
    text,
    segments: segments.map((segment, id) => ({
      id,
      avg_logprob: -0.2,
      compression_ratio: 1.2,
      end: segment.end,
      no_speech_prob: null,
      seek: Math.floor(segment.start / WINDOW_SECONDS) * WINDOW_SECONDS,
      start: segment.start,
      temperature: 0,
      text: segment.text,
      tokens: [],
    })),
    words: null,
  };
}

async function streamed(task, ask, heard, response, house, signal) {
  const stream = eventStream(response);
  const id = `${task === 'transcription' ? 'trsc' : 'trsl'}-${randomUUID().replaceAll('-', '')}`;
  const created = Math.floor(Date.now() / 1000);
  const prompt = Math.round(heard.seconds * TOKENS_PER_SECOND);
  let completion = 0;
  const usage = () => ({
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
  });
  const chunk = (choices, withUsage) =>
    stream.send({
      id,
      object: `${task}.chunk`,
      created,
      model: house.model,
      choices,
      ...(withUsage ? { usage: usage() } : {}),
    });
  try {
    for (const tokens of windows(heard.segments, house)) {
      for (const token of tokens) {
        if (house.switches.tokenMs > 0) await house.pause(house.switches.tokenMs, signal);
        await house.mayAnswer(signal);
        completion++;
        chunk([{ delta: { content: token } }], ask.continuousUsage);
      }
      chunk([{ delta: { content: '' }, finish_reason: 'stop', stop_reason: null }], ask.continuousUsage);
    }
    if (ask.includeUsage) chunk([], true);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    stream.send(errorBody(error));
  }
  stream.send('[DONE]');
  stream.end();
}

/** Tokens of each window. Qwen3-ASR begins each with its language, which vLLM takes off only where nothing is streamed. */
function windows(segments, house) {
  const count = 1 + Math.floor((segments.at(-1)?.start ?? 0) / WINDOW_SECONDS);
  const prefix = /qwen3-asr/i.test(house.model) ? ['language', ' English', '<asr_text>'] : [];
  return Array.from({ length: count }, (_, index) => [
    ...prefix,
    ...segments
      .filter(({ start }) => Math.floor(start / WINDOW_SECONDS) === index)
      .flatMap(({ text }) => text.match(/\s*\S+/g) ?? []),
  ]);
}

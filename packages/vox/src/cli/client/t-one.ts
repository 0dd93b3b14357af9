/** `vox client t-one`: what the T-one wrapper's example client does and prints, for our own server and for the original. */

import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { encodeWav, int16ToFloat } from '@vox-speech/audio';
import { type Command, Option } from 'commander';
import { findOwnFfmpeg } from '../../local/ffmpeg.js';
import {
  type CommandContext,
  clientConfig,
  clientOptions,
  completes,
  examples,
  UsageError,
  wantsJson,
} from '../command.js';
import { requireFile } from '../regular-file.js';
import { wholeNumber } from './common.js';
import { Failure } from './envelope.js';
import { readSpeech } from './speech-file.js';
import { BYTES_PER_MS } from './utterance.js';

/** Hz of what is read from a file. */
const RATE = 16_000;
/** The one length that the original keeps time with (tone.md section 4.2), in ms. */
const CHUNK_MS = 300;
/** The longest upload that makes sense as a part, in ms. */
const MAX_CHUNK_MS = 3_600_000;

interface ToneFlags {
  readonly server?: string;
  readonly streaming?: boolean;
  readonly chunkMs: string;
}

interface Phrase {
  readonly text: string;
  readonly start_time: number;
  readonly end_time: number;
}

interface Recognised {
  readonly phrases: readonly Phrase[];
  readonly full_text: string;
  readonly duration: number;
  readonly processing_time: number;
}

interface State {
  readonly phrases: readonly Phrase[];
  readonly state_id: string;
}

/** Posts to a path and gives the answer's JSON. Rejects with a Failure that holds the status and the `detail`. */
type Post = <T>(path: string, body?: FormData | URLSearchParams) => Promise<T>;

export function defineTone(command: Command, context: CommandContext): void {
  command
    .argument('<FILE>', 'recording')
    .option('--streaming', 'send the file in parts, by a session')
    .option('--server <ADDRESS>', 'address of the server (default: that of --host)')
    .addOption(
      new Option('--chunk-ms <MS>', 'length of a part; the original keeps time with 300 only').default(
        String(CHUNK_MS),
      ),
    )
    .action((file: string) => run(file, command, context));
  clientOptions(command, 'print what the server answered, as JSON');
  completes(command, { file: 'file' });
  examples(command, [
    'vox client t-one talk.wav',
    'vox client t-one talk.wav --streaming --server http://asr:8000',
  ]);
}

async function run(file: string, command: Command, context: CommandContext): Promise<void> {
  const flags = command.opts<ToneFlags>();
  const { output, signal } = context;
  const json = wantsJson(command, context);
  const config = clientConfig(command, context);
  const post = poster(addressOf(flags.server ?? config.client.host), config.client.apiKey, signal);
  const say = (line: string): void => {
    if (!json) output.line(line);
  };
  const chunkMs = wholeNumber('--chunk-ms', flags.chunkMs, 1, MAX_CHUNK_MS);
  if (flags.streaming !== true) {
    const answer = await whole(file, post, say);
    if (json) output.line(JSON.stringify(answer, null, 2));
    return;
  }
  const ffmpeg = () => findOwnFfmpeg(config.models, process.env.PATH ?? '');
  const pcm = await readSpeech(file, ffmpeg, signal);
  const phrases = await inParts(basename(file), parts(pcm, chunkMs), post, say);
  if (json) output.line(JSON.stringify({ phrases }, null, 2));
}

/** Base URL of what was given. Throws UsageError. */
function addressOf(given: string): string {
  const address = /^https?:\/\//i.test(given) ? given : `http://${given}`;
  if (!URL.canParse(address))
    throw new UsageError(`--server ${given}: expected HOST:PORT, or an address that starts with http://`);
  return address.replace(/\/+$/, '');
}

function poster(base: string, key: string | undefined, signal: AbortSignal): Post {
  return async <T>(path: string, body?: FormData | URLSearchParams): Promise<T> => {
    const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
    const reply = await fetch(`${base}${path}`, {
      method: 'POST',
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    }).catch((error: Error) => {
      signal.throwIfAborted();
      throw new Failure('other', `no server answers at ${base}: ${error.message}`);
    });
    const text = await reply.text();
    if (!reply.ok) throw new Failure('other', `✗ Error: ${reply.status}\n${text}`);
    return JSON.parse(text) as T;
  };
}

function phraseLine({ start_time, end_time, text }: Phrase): string {
  return `  [${start_time.toFixed(2)}s - ${end_time.toFixed(2)}s] ${text}`;
}

async function whole(path: string, post: Post, say: (line: string) => void): Promise<Recognised> {
  await requireFile(path);
  const blob = await openAsBlob(path);
  const form = new FormData();
  form.append('file', blob, basename(path));
  const answer = await post<Recognised>('/transcribe', form);
  say('✓ Successfully transcribed!');
  say(`Full text: ${answer.full_text}`);
  say(`Audio duration: ${answer.duration.toFixed(2)}s`);
  say(`Processing time: ${answer.processing_time.toFixed(2)}s`);
  say(`Number of phrases: ${answer.phrases.length}`);
  for (const phrase of answer.phrases) say(phraseLine(phrase));
  return answer;
}

/** WAVs of so many ms each; the original takes nothing without a header. */
function parts(pcm: Buffer, chunkMs: number): Blob[] {
  const bytes = chunkMs * BYTES_PER_MS;
  const found: Blob[] = [];
  for (let at = 0; at < pcm.length; at += bytes)
    found.push(new Blob([new Uint8Array(encodeWav(int16ToFloat(pcm.subarray(at, at + bytes)), RATE))]));
  return found;
}

/** All phrases, each once: those of the end repeat what was told before, in the original too. */
async function inParts(
  name: string,
  files: readonly Blob[],
  post: Post,
  say: (line: string) => void,
): Promise<readonly Phrase[]> {
  const { state_id } = await post<State>('/transcribe/streaming');
  say(`✓ Session created: ${state_id.slice(0, 8)}...`);
  for (const [index, file] of files.entries()) {
    say(`Chunk ${index + 1}/${files.length}: ${name}`);
    const form = new FormData();
    form.append('state_id', state_id);
    form.append('file', file, `${index + 1}.wav`);
    const { phrases } = await post<State>('/transcribe/streaming/chunk', form);
    say(phrases.length === 0 ? '→ No new phrases yet' : `→ Recognized ${phrases.length} new phrases:`);
    for (const phrase of phrases) say(phraseLine(phrase));
  }
  const { phrases } = await post<State>('/transcribe/streaming/finalize', new URLSearchParams({ state_id }));
  for (const phrase of phrases) say(phraseLine(phrase));
  say(`✓ Streaming completed. Total ${phrases.length} phrases recognized.`);
  return phrases;
}

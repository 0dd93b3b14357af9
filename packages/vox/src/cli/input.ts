/** INPUT of `vox run`: a file, a text, or standard input. */
import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from './command.js';

export type Given =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'stdin' };

/** Extensions that nobody ends a sentence with. */
const AUDIO =
  /\.(?:wav|wave|mp3|m4a|m4b|mp4|aac|flac|ogg|oga|opus|webm|wma|aif|aiff|amr|caf|mka|mkv|mov|au|pcm|raw)$/i;

/** Bytes of text that standard input may hold; the server has a limit of its own, in characters. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * What INPUT is: `-` standard input, an existing file, else text.
 * Throws UsageError for a folder, for empty text, and for a path that isn't there: a typing error is no speech.
 */
export async function whatIs(input: string): Promise<Given> {
  if (input === '-') return { type: 'stdin' };
  if (input.trim() === '')
    throw new UsageError('the input is empty: give a file, a text, or - for standard input');
  const found = await stat(input).catch(() => undefined);
  if (found?.isDirectory() === true) throw new UsageError(`${input} is a folder`);
  if (found !== undefined) return { type: 'file', path: input };
  if (looksLikePath(input))
    throw new UsageError(
      `no such file: ${input}\nTo speak these very words, give them on standard input: echo '...' | vox run MODEL -`,
    );
  return { type: 'text', text: input };
}

/** `./talk`, `talks/monday`, `talk 3.mp3` do; `Is it this and/or that?` does not. */
export function looksLikePath(input: string): boolean {
  if (AUDIO.test(input.trim()) || /^(?:\.{0,2}|~)[/\\]/.test(input) || /^[a-z]:[/\\]/i.test(input))
    return true;
  return !/\s/.test(input) && /[/\\]/.test(input);
}

export interface OpenAudio {
  /** Streams from the disk. */
  readonly blob: Blob;
  readonly name: string;
  /** Removes what standard input was kept in. */
  close(): Promise<void>;
}

/** The audio of a file, or of standard input by way of a temporary file. Rejects when it can't be read or the signal aborts. */
export async function openAudio(
  given: Exclude<Given, { type: 'text' }>,
  signal: AbortSignal,
): Promise<OpenAudio> {
  if (given.type === 'file')
    return { blob: await openAsBlob(given.path), name: basename(given.path), close: async () => undefined };
  if (process.stdin.isTTY)
    throw new UsageError('standard input is a terminal: send audio in, e.g. vox run MODEL - < talk.wav');
  const folder = await mkdtemp(join(tmpdir(), 'vox-run-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'stdin');
    await pipeline(process.stdin, createWriteStream(path), { signal });
    return { blob: await openAsBlob(path), name: 'stdin', close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The text on standard input. Throws UsageError when it is blank or passes 64 MiB. */
export async function readText(signal: AbortSignal): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stop = () => process.stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
      size += part.byteLength;
      if (size > MAX_TEXT_BYTES) throw new UsageError('the text on standard input passes 64 MiB');
      parts.push(part);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  const text = Buffer.concat(parts).toString('utf8').trim();
  if (text === '') throw new UsageError('standard input holds no text');
  return text;
}

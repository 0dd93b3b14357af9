/** What the five clients share: the original's common flags, the recording, and how a failure is told. */
import type { Command } from 'commander';
import type { Config } from '../../config/index.js';
import { findOwnFfmpeg } from '../../local/ffmpeg.js';
import {
  type CommandContext,
  clientConfig,
  clientOptions,
  completes,
  UsageError,
  wantsJson,
} from '../command.js';
import type { Output } from '../output.js';
import { Failure } from './envelope.js';
import { isSample, type SampleName, samplePath } from './samples.js';
import { Session } from './session.js';
import { readSpeech } from './speech-file.js';
import { requestWith, targetOf } from './target.js';
import { BYTES_PER_MS } from './utterance.js';

interface CommonFlags {
  readonly server?: string;
  readonly secure?: boolean;
  readonly debug?: boolean;
  readonly voxtralKey?: string;
  readonly model?: string;
}

/** Adds the flags that every client has. */
export function commonOptions(command: Command): Command {
  command
    .option(
      '--server <ADDRESS>',
      'host:port, ws(s):// or http(s)://; the path is added (VOXTRAL_SERVER, default: the server of --host)',
    )
    .option('--secure', 'TLS, also where the address does not say so')
    .option(
      '--voxtral-key <KEY>',
      'key that the server asks for (VOXTRAL_API_KEY, default: that of --api-key)',
    )
    .option('-m, --model <MODEL>', "model to ask for (default: the server's)")
    .option('--debug', 'show every message, both ways, on standard error');
  clientOptions(command, 'print the figures as JSON: ms, and ratios');
  return completes(command, { '--model': 'pulled', '--file': 'file', '--file1': 'file', '--file2': 'file' });
}

export interface Call {
  /** The server's address, for people. */
  readonly server: string;
  readonly config: Config;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly json: boolean;
  /** Connects. Rejects with a Failure, or the signal's reason. */
  open(signal: AbortSignal): Promise<Session>;
}

/** Reads the common flags. Throws UsageError. */
export function callOf(command: Command, context: CommandContext): Call {
  const flags = command.opts<CommonFlags>();
  const { output, signal } = context;
  const config = clientConfig(command, context);
  const { voxtral, host, hostGiven, apiKey } = config.client;
  const target = targetOf({
    server: flags.server,
    variable: voxtral.server,
    own: { host, given: hostGiven },
    inPlaceOfOriginal: config.server.compat === 'yap',
    secure: flags.secure === true,
  });
  const request = requestWith(target, flags.voxtralKey ?? voxtral.apiKey ?? apiKey);
  const debug = flags.debug === true ? (line: string) => output.note(line) : undefined;
  return {
    server: target.shown,
    config,
    output,
    signal,
    json: wantsJson(command, context),
    open: (stop) => Session.open({ ...request, model: flags.model, debug, signal: stop }),
  };
}

export interface Recording {
  readonly path: string;
  /** PCM16LE mono at 16 kHz. */
  readonly pcm: Buffer;
  readonly durationMs: number;
}

/**
 * The recording of a flag; without one the sample, and so where the flag names a sample that is no file here.
 * Throws UsageError when there is no such file, and what reading and speaking throw.
 */
export async function recordingOf(
  call: Call,
  given: string | undefined,
  sample: SampleName,
): Promise<Recording> {
  const { config, output, signal } = call;
  const ffmpeg = () => findOwnFfmpeg(config.models, process.env.PATH ?? '');
  const read = async (path: string): Promise<Recording> => {
    const pcm = await readSpeech(path, ffmpeg, signal);
    return { path, pcm, durationMs: pcm.length / BYTES_PER_MS };
  };
  if (given === undefined) return read(await samplePath(sample, config, output, signal));
  try {
    return await read(given);
  } catch (error) {
    if (!(error instanceof UsageError) || !isSample(given)) throw error;
    return read(await samplePath(given, config, output, signal));
  }
}

/** What a failure says to people, with what to do about it. */
export function failureText(error: Failure): string {
  if (error.kind !== 'key') return error.message;
  return `${error.message} (give --voxtral-key, or set VOXTRAL_API_KEY)`;
}

/**
 * Runs what the original ends with 0 whatever happens to it: a failure is told on standard error, or as `error` in the JSON.
 * A wrong use and a signal are no such failures.
 */
export async function tellFailure(call: Call, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (call.signal.aborted || !(error instanceof Failure)) throw error;
    if (call.json)
      call.output.line(JSON.stringify({ server: call.server, error: failureText(error) }, null, 2));
    else call.output.note(`Error: ${failureText(error)}`);
  }
}

/** A whole number of a flag. Throws UsageError. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number from ${min} to ${max}`);
}

/** Seconds of a flag as ms; fractions are fine. Throws UsageError. */
export function secondsAsMs(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= max) return 1000 * value;
  throw new UsageError(`${flag} ${text}: expected seconds from 0 to ${max}`);
}

/** The recordings that the clients send when none is named: spoken on first use, and kept under VOX_HOME/samples. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type VoxClient, VoxClientError } from '@vox-speech/client';
import type { Config } from '../../config/index.js';
import { withServer } from '../local-server.js';
import type { Output } from '../output.js';
import { saveAudio } from '../save.js';

/** Names of the original's recordings. What they say is ours: some 9 s of plain speech, and some 22 s as people talk. */
const TEXTS = {
  'mid.wav':
    'Good morning. This is a short recording that measures how quickly speech becomes text. ' +
    'The train to the coast leaves at a quarter past nine, and the next one follows an hour later.',
  'realistic.mp3':
    'Hi, yes, thanks for calling back. So, the parcel was meant to come on Tuesday, but nobody was at home, ' +
    'and the driver left it with a neighbour. Well, at least that is what the message said. ' +
    'I asked at number twelve, and at number fourteen too, and they have not seen anything. ' +
    'Could you please have a look where it is now? The number is four, seven, one, one, nine. ' +
    'And if it is lost, I would rather have my money back than wait for another one.',
} as const;

export type SampleName = keyof typeof TEXTS;

export function isSample(name: string): name is SampleName {
  return Object.hasOwn(TEXTS, name);
}

/** The voice that the message tells to pull. */
const VOICE = 'piper:en-us-joe-medium';

/**
 * The path of a sample; spoken now if it is not there yet, by the server of `--host`, or by one in this process.
 * Without ffmpeg an MP3 can't be written, and a WAV of the same words takes its place.
 * Throws an Error that names the pull command when no voice was pulled.
 */
export async function samplePath(
  name: SampleName,
  config: Config,
  output: Output,
  signal: AbortSignal,
): Promise<string> {
  const folder = join(config.models.home, 'samples');
  const path = join(folder, name);
  const asWav = path.replace(/\.[^.]+$/, '.wav');
  for (const known of [path, asWav]) if (await isThere(known)) return known;
  await mkdir(folder, { recursive: true });
  return withServer(config, { signal }, async (client) => {
    const model = await voiceOf(client, name, signal);
    output.note(`speaking the sample ${name} with ${model}, once`);
    const speak = async (to: string, format: string): Promise<string> => {
      // `whole`: the file states its length.
      const wanted = { model, input: TEXTS[name], format, whole: format !== 'wav' };
      await saveAudio(to, (await client.speak(wanted, { signal })).audio, format);
      return to;
    };
    if (path === asWav) return speak(path, 'wav');
    try {
      return await speak(path, 'mp3');
    } catch (error) {
      if (!VoxClientError.is(error) || error.code !== 'ffmpeg_missing') throw error;
      output.note(`there is no ffmpeg to write ${name} with: a WAV takes its place`);
      return speak(asWav, 'wav');
    }
  });
}

/** A voice that reads English, Piper's before others'. */
async function voiceOf(client: VoxClient, name: string, signal: AbortSignal): Promise<string> {
  const models = await client.list({ signal });
  const voices = models.filter(({ type }) => type === 'tts').map((model) => model.name);
  const found =
    voices.find((voice) => voice.startsWith('piper:en')) ??
    voices.find((voice) => !voice.startsWith('piper:')) ??
    voices[0];
  if (found !== undefined) return found;
  throw new Error(
    `no voice is here to speak the sample ${name}: vox pull ${VOICE}, or give a file of your own`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

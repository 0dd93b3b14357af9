/**
 * A scripted engine: it says what its script says, with the timing that its script asks for, and nothing else. Every
 * test's double, and the load generator's engine. It proves nothing about recognition or speech.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Engine,
  type Model,
  type ModelInfo,
  type Pcm,
  type VoiceReference,
  VoxError,
} from '@vox-speech/contract';
import { levelDetector } from './detector.js';
import { mockModel } from './mock.js';

/** `script.json` in the model's folder. */
export interface ReplayScript {
  readonly kind: 'stt' | 'tts' | 'vad';
  /** What every transcription says. */
  readonly text?: string;
  /** Takes words to expect, and says them instead of its text; tells how likely its tokens are: e^-0.5 each. */
  readonly able?: boolean;
  /** How long each call takes, ms; the mock backend's MOCK_INFER_MS. */
  readonly delayMs?: number;
  /** A voice that clones: it says the recording over and over, for as long as both texts together take. */
  readonly cloning?: boolean;
  /** Audio that the text takes, ms: makes it a streaming model that works as the original STT server's mock backend. */
  readonly expectedMs?: number;
  /** Ends the process at the first call whose text, or whose audio's first sample, is this. */
  readonly crashOn?: string | number;
  /** Writes this to standard error before it crashes. */
  readonly lastWords?: string;
}

const RATE = { stt: 16_000, tts: 22_050, vad: 16_000 } as const;

/** Speech is a tone of this many Hz, this many seconds a character: its length tells how much text was spoken. */
const TONE_HZ = 220;
const SECONDS_PER_CHARACTER = 0.01;

function tone(at: number): number {
  return 0.3 * Math.sin((2 * Math.PI * TONE_HZ * at) / RATE.tts);
}

function echo({ samples, sampleRate }: VoiceReference, at: number): number {
  if (sampleRate !== RATE.tts)
    throw new VoxError('internal', `the recording has ${sampleRate} Hz, not ${RATE.tts}`);
  return samples[at % samples.length] ?? 0;
}

function modelOf(script: ReplayScript): Model {
  const info: ModelInfo = {
    kind: script.kind,
    family: 'replay',
    sampleRate: RATE[script.kind],
    languages: ['en', 'de'],
    voices: script.kind === 'tts' ? [{ id: 'tone', name: 'Tone', language: 'en' }] : [],
    maxWindowMs: 30_000,
    speed: { min: 0.5, max: 2 },
    canTranslate: false,
    canDetectLanguage: true,
    canTimeWords: true,
    canPrompt: false,
    ...(script.cloning === true ? { cloning: true } : {}),
    ...(script.able === true ? { canBias: true as const, canScore: true as const } : {}),
    concurrency: 4,
  };
  const wait = async (signal: AbortSignal): Promise<void> => {
    await sleep(script.delayMs ?? 0, undefined, { signal }).catch(() => {
      throw new VoxError('cancelled', 'cancelled');
    });
  };
  const maybeCrash = (trigger: string | number | undefined): void => {
    if (script.crashOn === undefined || script.crashOn !== trigger) return;
    process.stderr.write(`${script.lastWords ?? 'crash as scripted'}\n`);
    process.exit(134);
  };
  return {
    info,
    memory: () => ({ bytes: process.memoryUsage.rss() }),
    async *transcribe(pcm, options, signal) {
      maybeCrash(pcm.samples[0]);
      await wait(signal);
      const endMs = (pcm.samples.length / pcm.sampleRate) * 1000;
      const text = options.hotwords?.join(' ') || (script.text ?? '');
      const spoken = text.split(' ').filter((word) => word !== '');
      const words = spoken.map((word, i) => ({
        text: word,
        startMs: (endMs * i) / spoken.length,
        endMs: (endMs * (i + 1)) / spoken.length,
      }));
      yield {
        text,
        startMs: 0,
        endMs,
        language: options.language ?? 'en',
        ...(options.words ? { words } : {}),
        ...(options.scores
          ? {
              scores: spoken.map((word, at) => ({
                text: at === 0 ? word : ` ${word}`,
                logProbability: -0.5,
              })),
            }
          : {}),
      };
    },
    async *synthesize(text, options, signal): AsyncGenerator<Pcm> {
      maybeCrash(text);
      await wait(signal);
      const { reference, speed } = options;
      const said = text.length + (reference?.text.length ?? 0);
      const samples = new Float32Array(Math.round((said * SECONDS_PER_CHARACTER * RATE.tts) / speed));
      for (let i = 0; i < samples.length; i++) samples[i] = reference ? echo(reference, i) : tone(i);
      yield { samples, sampleRate: RATE.tts };
    },
    ...(script.kind === 'vad' ? { openDetector: levelDetector } : {}),
    ...(script.kind === 'stt' && script.expectedMs !== undefined
      ? mockModel({
          text: script.text ?? '',
          expected: (script.expectedMs * RATE.stt) / 1000,
          delayMs: script.delayMs ?? 0,
        })
      : {}),
    close: async () => {},
  };
}

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'replay',
  probe: () => ({ available: true }),
  async load(files) {
    try {
      return modelOf(
        JSON.parse(await readFile(join(files.directory, 'script.json'), 'utf8')) as ReplayScript,
      );
    } catch (error) {
      throw new VoxError('model_broken', `${files.reference}: no readable script.json`, { cause: error });
    }
  },
};

export default engine;

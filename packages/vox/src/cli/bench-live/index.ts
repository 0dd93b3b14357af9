/** `vox bench live`: real-time streams of one file against a running server. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  type CommandContext,
  clientConfig,
  clientOptions,
  completes,
  type Define,
  examples,
  UsageError,
  wantsJson,
} from '../command.js';
import { withServer } from '../local-server.js';
import { json } from '../output.js';
import { requireFile } from '../regular-file.js';
import { readBenchAudio } from './audio.js';
import { DIALECTS } from './dialect.js';
import type { Figures } from './figures.js';
import { processorSeconds } from './processor.js';
import { figureLines, plotOf } from './render.js';
import { type RunOptions, runBench } from './run.js';
import { nextStep } from './schedule.js';

/** The search for the limit stops where p95 of end of speech to final passes this, in ms. */
const LIMIT_MS = 1_000;
/** STT_VAD_SILENCE_MS's default. */
const SILENCE_MS = '500';

interface Flags {
  readonly model: string;
  readonly streams: string;
  readonly over: string;
  readonly packetMs: string;
  readonly silenceMs: string;
  readonly reference?: string;
  readonly findLimit?: boolean;
  readonly plot?: string;
}

export const define: Define = (command, context) => {
  const live = command
    .command('live')
    .description('Send a WAV file in real time on many live streams, and measure what comes back.')
    .argument('<file>', 'WAV file that every stream sends; silence follows it')
    .option('-m, --model <model>', "model to ask for; default: the server's", '')
    .option('-n, --streams <count>', 'streams at once; with --find-limit, of the first step', '1')
    .option('--over <protocol>', 'stt (/v1/stt/ws) or vox (/v1/audio/stream)', 'stt')
    .option('--packet-ms <ms>', 'audio of one packet', '20')
    .option('--silence-ms <ms>', 'silence after which the server ends an utterance', SILENCE_MS)
    .option('--reference <file>', 'text file with what is said: word errors are counted')
    .option('--find-limit', `more streams, until p95 of end of speech to final passes ${LIMIT_MS} ms`)
    .option('--plot <file>', 'draw the latencies as SVG');
  clientOptions(live, 'print the figures as JSON');
  completes(live, {
    file: 'file',
    over: Object.keys(DIALECTS),
    model: 'pulled',
    plot: 'file',
    reference: 'file',
  });
  live.action((file: string) => bench(file, live, context));
  examples(live, [
    'vox bench live talk.wav -n 8',
    'vox bench live talk.wav -n 4 --find-limit --plot limit.svg',
  ]);
};

async function bench(file: string, command: Command, context: CommandContext): Promise<void> {
  const flags = command.opts<Flags>();
  const { output, signal } = context;
  const dialect = DIALECTS[flags.over];
  if (dialect === undefined)
    throw new UsageError(`--over must be ${Object.keys(DIALECTS).join(' or ')}, not ${flags.over}`);
  const streams = whole('--streams', flags.streams, 1, 10_000);
  const packetMs = whole('--packet-ms', flags.packetMs, 1, 10_000);
  const silenceMs = whole('--silence-ms', flags.silenceMs, 0, 10_000);
  for (const path of [file, ...(flags.reference === undefined ? [] : [flags.reference])])
    await requireFile(path);
  const audio = await readBenchAudio(file);
  const reference = flags.reference === undefined ? undefined : await readFile(flags.reference, 'utf8');
  const config = clientConfig(command, context);
  const key = config.client.apiKey;
  const runs = await withServer(config, { signal, local: 'never' }, async (client) => {
    const options: Omit<RunOptions, 'streams'> = {
      base: client.baseUrl.replace(/^http/, 'ws'),
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      dialect,
      model: flags.model,
      audio,
      packetMs,
      silenceMs,
      reference,
      signal,
      cpu: async () => processorSeconds((await client.ps({ signal })).flatMap(({ pid }) => pid ?? [])),
    };
    const told = (figures: Figures): Figures => {
      if (!wantsJson(command, context)) for (const line of figureLines(figures)) output.line(line);
      return figures;
    };
    if (flags.findLimit !== true) return [told(await runBench({ ...options, streams }))];
    const steps: Figures[] = [];
    for (let n = streams; ; n = nextStep(n)) {
      const figures = told(await runBench({ ...options, streams: n }));
      steps.push(figures);
      if (!holds(figures)) return steps;
    }
  });
  const limit = runs.filter(holds).at(-1)?.streams ?? 0;
  if (wantsJson(command, context))
    output.line(json({ runs, ...(flags.findLimit === true ? { limit } : {}) }));
  else if (flags.findLimit === true) output.line(`limit: ${limit} streams`);
  if (flags.plot !== undefined)
    await writeFile(flags.plot, plotOf(runs, `${flags.model || 'default model'}: live`));
  if (runs.every(({ done }) => done === 0)) throw new Error('no stream was served');
}

/** Every stream was served, in time. */
function holds({ streams, done, speechEndToFinalMs }: Figures): boolean {
  return done === streams && speechEndToFinalMs !== undefined && speechEndToFinalMs.p95 <= LIMIT_MS;
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not ${text}`);
}

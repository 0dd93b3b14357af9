/** `vox engine warmup`. */
import { openServedModels, WARM_UP_RATE, type WarmUpTimes, warmUp } from '../../local/vllm/index.js';
import { readBenchAudio } from '../bench-live/audio.js';
import { type Define, examples, UsageError, wantsJson } from '../command.js';
import { cut, json } from '../output.js';
import { engineSettings, whichRecord } from './common.js';

/** Seconds of silence, where no file is named. */
const SILENCE_SECONDS = 2;
const MAX_REQUESTS = 100;

interface WarmupOptions {
  readonly url?: string;
  readonly file?: string;
  readonly requests: string;
}

export const warmup: Define = (command, context) => {
  command
    .summary('send it a first request, and say how long it took')
    .description(
      "Send requests through the engine's own wire and say how long each took; the first one compiles.",
    )
    .argument('[model]', 'which, where several run')
    .option('--url <URL>', 'an engine that was started elsewhere; needs a model')
    .option('--file <WAV>', 'what models that hear are sent; else 2 s of silence')
    .option('-n, --requests <N>', 'how many, one after the other', '2')
    .option('--json', 'print JSON, times in ms')
    .action(async (name: string | undefined) => {
      const { url, file, requests } = command.opts<WarmupOptions>();
      if (!/^\d{1,3}$/.test(requests) || Number(requests) < 1 || Number(requests) > MAX_REQUESTS)
        throw new UsageError(`--requests ${requests}: expected a whole number from 1 to ${MAX_REQUESTS}`);
      const config = engineSettings(command, context);
      const record = url === undefined ? await whichRecord(config, name) : undefined;
      const wanted = record?.reference ?? (url === undefined ? undefined : name);
      if (wanted === undefined)
        throw new UsageError(
          url === undefined
            ? 'no engine was started: vox engine start MODEL'
            : '--url needs the name of a model',
        );
      const model = (await openServedModels(config.models, context.signal)).get(wanted);
      const audio = file === undefined ? silence() : (await readBenchAudio(file)).pcm;
      const target = {
        url: record?.url ?? (url ?? '').replace(/\/+$/, ''),
        served: record?.served ?? config.remote.servedName ?? model.served,
        wire: model.wire,
        audio,
        signal: context.signal,
      };
      const asJson = wantsJson(command, context);
      const times: WarmUpTimes[] = [];
      for (let request = 1; request <= Number(requests); request += 1) {
        const one = await warmUp(target);
        times.push(one);
        if (!asJson) context.output.line(`${String(request).padStart(2)}  ${lineOf(one)}`);
      }
      if (asJson) context.output.line(json({ model: model.reference, url: target.url, requests: times }));
    });
  examples(command, ['vox engine warmup', 'vox engine warmup --file talk.wav -n 5 --json']);
};

function lineOf({ readyMs, firstMs, totalMs, text, bytes }: WarmUpTimes): string {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const first =
    firstMs === undefined ? '' : `, first ${text === undefined ? 'sound' : 'word'} ${ms(firstMs)}`;
  const got = text === undefined ? `${bytes ?? 0} bytes of sound` : cut(JSON.stringify(text), 80);
  return `ready ${ms(readyMs)}${first}, all ${ms(totalMs)}: ${got}`;
}

function silence(): Uint8Array {
  return new Uint8Array(2 * WARM_UP_RATE * SILENCE_SECONDS);
}

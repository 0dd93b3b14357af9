/**
 * The stand-in as a program, also in the place of `vllm`:
 *
 *     node test/stand-ins/vllm/main.mjs [serve] [MODEL] --port N [--engine replay|vox] [--vox-url URL] ...
 *
 * Takes and ignores vLLM's own flags. `--switches JSON` sets what goes wrong (see `Switches` in index.mjs).
 */
import { startVllmStandIn } from './index.mjs';

/** vLLM's default. */
const PORT = 8000;

const args = process.argv.slice(2).flatMap((arg) => {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
});

/** All values behind a flag, up to the next one. */
function values(flag) {
  const at = args.indexOf(flag);
  if (at < 0) return [];
  const end = args.findIndex((arg, index) => index > at && arg.startsWith('--'));
  return args.slice(at + 1, end < 0 ? args.length : end);
}
const value = (flag) => values(flag)[0];
const number = (flag) => (value(flag) === undefined ? undefined : Number(value(flag)));

/** What stands before the first flag, without `serve`. */
const first = args.findIndex((arg) => arg.startsWith('--'));
const positional = args.slice(0, first < 0 ? args.length : first).filter((arg) => arg !== 'serve');
const served = values('--served-model-name');
const model = [served, values('--model'), positional].find((names) => names.length > 0);

const options = {
  port: number('--port') ?? PORT,
  model,
  apiKey: value('--api-key') ?? process.env.VLLM_API_KEY,
  delayMs: number('--delay-ms'),
  slowStartMs: number('--slow-start-ms'),
  engine: value('--engine'),
  text: value('--text'),
  numbered: args.includes('--numbered') || undefined,
  voxUrl: value('--vox-url'),
  voxModel: value('--vox-model'),
  voxVoice: value('--vox-voice'),
  ...JSON.parse(value('--switches') ?? '{}'),
};
const given = Object.fromEntries(Object.entries(options).filter(([, one]) => one !== undefined));

console.log('this is a stand-in for vLLM: it has its wire, and neither its models nor its speed');
const standIn = await startVllmStandIn(given);
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, async () => {
    await standIn.close();
    process.exit(0);
  });
await standIn.ready;
console.log(JSON.stringify({ msg: 'listening', url: standIn.url }));

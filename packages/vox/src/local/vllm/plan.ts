/** From a catalog entry, the settings and the GPU to the exact command. Starts nothing; reads the model's folder. */
import { VoxError } from '@vox-speech/contract';
import type { EngineConfig } from '../../config/index.js';
import { containerCommand, imageOf } from './container.js';
import type { Gpu } from './gpus.js';
import { missingFiles, readShape } from './model-folder.js';
import { hasOption, type Options, withOption, withoutOption } from './options.js';
import type { ServedModel } from './served-model.js';
import { batchedTokens, cacheNumberBytes, isEightBit, maxSequences } from './tuning.js';

/** Tokens, 80 ms of audio each: the original's context for Voxtral Realtime (yap.md section 5). */
const REALTIME_CONTEXT = 1_024;

export interface Plan {
  readonly model: ServedModel;
  /** Program and arguments, as a shell would be given them. */
  readonly command: readonly string[];
  /** Variables that it is started with beside those of this environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the server that will answer: `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  /** Name under which it lists the model. */
  readonly served: string;
  /** Absent = no delay is written: there is no folder, or the model has none. */
  readonly delay?: { readonly folder: string; readonly ms: number };
  readonly container?: { readonly program: string; readonly name: string; readonly image: string };
  /** What of the settings could not be met, and why. */
  readonly warnings: readonly string[];
  /** What was chosen by the GPU's name and memory, for people. */
  readonly tuning: string;
}

export interface PlanInput {
  readonly model: ServedModel;
  readonly config: EngineConfig;
  /** Undefined = none is known. */
  readonly gpu: Gpu | undefined;
  /** Name to be listed under; absent = the model's own. */
  readonly servedName?: string;
  /** Folder for what vLLM compiles; absolute. */
  readonly cacheFolder: string;
  /** Program that starts containers, if one is asked for. */
  readonly containerProgram: string;
}

/**
 * Throws VoxError `invalid_request` where a delay was asked for that has no folder to be written to, `model_broken` where the
 * model's folder lacks files.
 */
export async function planEngine(input: PlanInput): Promise<Plan> {
  const { model, config } = input;
  const warnings: string[] = [];
  const folder = config.modelFolder;
  if (folder !== undefined) await checkFolder(folder, model);
  const delay = delayOf(input, warnings);
  const port = config.port ?? model.port;
  const served = input.servedName ?? model.served;
  const tuned = await tune(input, warnings);
  const isContainer = config.container !== undefined;
  let options = withOption(tuned.options, '--host', isContainer ? '0.0.0.0' : config.host);
  options = withOption(options, '--port', String(port));
  if (folder !== undefined || served !== model.served)
    options = withOption(options, '--served-model-name', served);
  const container = containerOf(input);
  const variables = variablesOf(input, isContainer);
  const what = { served: model.served, options, port, variables };
  const command =
    container === undefined
      ? [config.binary, 'serve', folder ?? model.served, ...options.flat()]
      : containerCommand({ ...what, ...container, host: config.host, folder });
  return {
    model,
    command,
    variables: isContainer ? {} : variables,
    url: `http://${reachable(config.host)}:${port}`,
    port,
    served,
    warnings,
    tuning: tuned.words,
    ...(delay === undefined ? {} : { delay }),
    ...(container === undefined ? {} : { container }),
  };
}

async function checkFolder(folder: string, model: ServedModel): Promise<void> {
  const missing = await missingFiles(folder);
  if (missing.length === 0) return;
  throw new VoxError(
    'model_broken',
    `${folder} has no ${missing.join(', ')}: fetch the model with \`hf download ${model.served} --local-dir ${folder}\`, or leave --model-dir out and vLLM fetches it`,
    { param: '--model-dir' },
  );
}

/** Only Voxtral Realtime has a delay; it is written into a file of the model. */
function delayOf({ model, config }: PlanInput, warnings: string[]): Plan['delay'] {
  const { delayMs, delayOrigin, modelFolder } = config;
  if (model.wire !== 'vllm-realtime') {
    if (delayOrigin === 'flag')
      throw new VoxError('invalid_request', `--delay-ms ${delayMs}: ${model.reference} has no delay`, {
        param: '--delay-ms',
      });
    return undefined;
  }
  if (modelFolder !== undefined) return { folder: modelFolder, ms: delayMs };
  const why = `a delay is written into the model's folder: name it with --model-dir (hf download ${model.served} --local-dir FOLDER)`;
  if (delayOrigin === 'flag')
    throw new VoxError('invalid_request', `--delay-ms ${delayMs}: ${why}`, { param: '--delay-ms' });
  if (delayOrigin !== 'default') warnings.push(`the delay stays the model's own, not ${delayMs} ms: ${why}`);
  return undefined;
}

/** What the settings and the GPU say. Realtime models are tuned as the original's; others get what was asked for. */
async function tune(
  { model, config, gpu }: PlanInput,
  warnings: string[],
): Promise<{ readonly options: Options; readonly words: string }> {
  const given = (key: string) => config.given.includes(key);
  const realtime = model.wire === 'vllm-realtime';
  let { options } = model;
  const set = (name: string, ...values: string[]) => {
    options = withOption(options, name, ...values);
  };
  // The stages of vLLM-Omni share a GPU: each has its own share in a file of the model's.
  if (!model.omni || given('engineGpuMemory')) set('--gpu-memory-utilization', String(config.gpuMemory));
  const maxModelLength = config.maxModelLength ?? (realtime ? REALTIME_CONTEXT : undefined);
  if (maxModelLength !== undefined) set('--max-model-len', String(maxModelLength));
  const batched = batchedTokens(gpu?.name);
  const cacheType = cacheTypeOf(model, config, warnings);
  const shape = config.modelFolder === undefined ? undefined : await readShape(config.modelFolder);
  const estimated = maxSequences({
    gpuMib: gpu?.totalMib,
    gpuMemory: config.gpuMemory,
    shape,
    maxModelLength: maxModelLength ?? REALTIME_CONTEXT,
    batched,
    numberBytes: cacheNumberBytes(cacheType, config.type),
  });
  const sequences = config.maxSequences ?? (realtime ? estimated : undefined);
  if (sequences !== undefined) set('--max-num-seqs', String(sequences));
  if (realtime) set('--max-num-batched-tokens', String(batched));
  if (cacheType !== 'auto') set('--kv-cache-dtype', cacheType);
  if (config.type !== 'auto') set('--dtype', config.type);
  if (config.cacheScales) set('--calculate-kv-scales');
  if (config.eager && !hasOption(options, '--enforce-eager')) set('--enforce-eager');
  if (config.compilation === 'off') options = withoutOption(options, '--compilation-config');
  else if (config.compilation !== 'auto') set('--compilation-config', config.compilation);
  const source = shape === undefined ? 'no model folder to reckon with' : 'by its memory and the model';
  const about = gpu === undefined ? 'no GPU here' : `${gpu.name}, ${gpu.totalMib} MiB`;
  const chosen = realtime
    ? `${batched} tokens a step, ${sequences} utterances at once${config.maxSequences === undefined ? ` (${source})` : ''}`
    : "vLLM's own choice";
  return { options, words: `${about}: ${chosen}` };
}

function cacheTypeOf(model: ServedModel, { cacheType }: EngineConfig, warnings: string[]): string {
  if (model.omni || !isEightBit(cacheType)) return cacheType;
  warnings.push(
    `the KV cache is auto, not ${cacheType}: the model's encoder needs FlashAttention, which has no fp8`,
  );
  return 'auto';
}

function variablesOf({ config, cacheFolder }: PlanInput, isContainer: boolean): Record<string, string> {
  return {
    ...(config.compileCache ? {} : { VLLM_DISABLE_COMPILE_CACHE: '1' }),
    // So that --nuke removes what this engine compiled, and nothing of anybody else's.
    ...(isContainer
      ? {}
      : {
          VLLM_CACHE_ROOT: `${cacheFolder}/vllm`,
          TRITON_CACHE_DIR: `${cacheFolder}/triton`,
          TORCHINDUCTOR_CACHE_DIR: `${cacheFolder}/inductor`,
        }),
  };
}

function containerOf({ model, config, containerProgram }: PlanInput): Plan['container'] {
  if (config.container === undefined) return undefined;
  const name = `vox-engine-${model.reference.replace(/[^a-z0-9]+/g, '-')}`;
  return { program: containerProgram, name, image: imageOf(config.container, model.omni) };
}

/** An address that this machine reaches itself by. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** `vox engine doctor`: can this machine run vLLM, and which models fit. Looks; starts nothing. No list of allowed GPUs. */
import { askProgram } from '../doctor/ask-program.js';
import { type Check, fail, ok, warn } from '../doctor/check.js';
import { findContainerRuntime } from './container.js';
import { fits, needOf } from './fits.js';
import { type Gpu, type GpuReport, type MachineContext, readGpus } from './gpus.js';
import type { ServedModel } from './served-model.js';
import { batchedTokens } from './tuning.js';

/** ms: `vllm --version` imports torch. */
const VERSION_MS = 120_000;
/** vLLM's wheels are built for CUDA 12 and later. */
const LEAST_CUDA = 12;
/** Compute capabilities: what vLLM runs on at all, and what has bfloat16, in which these models are published. */
const LEAST_CAPABILITY = 7;
const BFLOAT_CAPABILITY = 8;
/** The page of Voxtral Realtime asks for it. */
const REALTIME_VERSION = [0, 20] as const;
const MIB_PER_GIB = 1024;

const ELSEWHERE =
  'run this on a machine with an NVIDIA GPU, and name that to Vox here: vox serve --upstream http://HOST:8000. vox engine start MODEL --dry-run prints the command for it';

export interface EngineDoctorOptions extends MachineContext {
  readonly models: readonly ServedModel[];
  /** The vllm program. */
  readonly binary: string;
  readonly containerProgram?: string;
}

/** The checks in a fixed order. Rejects only with the signal's reason. */
export async function examineEngine(options: EngineDoctorOptions): Promise<readonly Check[]> {
  const [report, program, container] = await Promise.all([
    readGpus(options),
    vllm(options),
    containers(options),
  ]);
  return [
    ...gpuChecks(report),
    ...programChecks(program, container),
    ...options.models.map((model) => modelCheck(model, report.gpus)),
  ];
}

function gpuChecks(report: GpuReport): readonly Check[] {
  if (report.outcome === 'missing')
    return [fail('driver', 'no NVIDIA driver: there is no nvidia-smi', ELSEWHERE)];
  if (report.outcome === 'failed')
    return [
      fail(
        'driver',
        `nvidia-smi: ${report.complaint}`,
        'mend or load the NVIDIA driver (nvidia-smi must answer)',
      ),
    ];
  const [first] = report.gpus;
  if (first === undefined) return [fail('GPU', 'the NVIDIA driver sees no GPU', ELSEWHERE)];
  return [ok('driver', first.driver), cudaCheck(report.cuda), ...report.gpus.map(gpuCheck)];
}

function cudaCheck(cuda: string | undefined): Check {
  if (cuda === undefined) return warn('CUDA', 'nvidia-smi does not say which', 'vLLM needs 12 or later');
  if (Number.parseFloat(cuda) >= LEAST_CUDA) return ok('CUDA', cuda);
  return fail(
    'CUDA',
    `the driver runs up to ${cuda}`,
    'update the NVIDIA driver: vLLM needs CUDA 12 or later',
  );
}

function gpuCheck({ name, totalMib, freeMib, capability }: Gpu, at: number): Check {
  const gib = (mib: number) => (mib / MIB_PER_GIB).toFixed(1);
  const label = `GPU ${at}`;
  const detail = `${name}, ${gib(totalMib)} GiB (${gib(freeMib)} GiB free)${capability === '' ? '' : `, compute capability ${capability}`}; ${batchedTokens(name)} tokens a step`;
  if (capability !== '' && Number(capability) < LEAST_CAPABILITY)
    return fail(
      label,
      detail,
      `vLLM needs compute capability ${LEAST_CAPABILITY}.0 or more: use another GPU`,
    );
  if (capability !== '' && Number(capability) < BFLOAT_CAPABILITY)
    return warn(label, `${detail}; no bfloat16`, 'give --dtype half to vox engine start');
  if (freeMib < totalMib / 2)
    return warn(label, detail, 'nvidia-smi says what holds the memory; or lower --gpu-memory-utilization');
  return ok(label, detail);
}

interface Vllm {
  readonly version?: string;
  readonly complaint: string;
}

async function vllm({ binary, environment, signal }: EngineDoctorOptions): Promise<Vllm> {
  const answer = await askProgram(binary, ['--version'], { environment, signal, timeoutMs: VERSION_MS });
  const version = /\d+\.\d+\S*/.exec(answer.output)?.[0];
  if (answer.outcome === 'answered' && version !== undefined) return { version, complaint: '' };
  if (answer.outcome === 'missing') return { complaint: `${binary} is not a program here` };
  return { complaint: `${binary} does not run: ${answer.complaint || answer.output}` };
}

type Container = { readonly program: string; readonly version: string } | { readonly complaint: string };

function containers(options: EngineDoctorOptions): Promise<Container> {
  return findContainerRuntime(options, options.containerProgram);
}

/** One of the two is enough. */
function programChecks(program: Vllm, container: Container): readonly Check[] {
  const hasContainer = 'program' in container;
  const containerCheck = hasContainer
    ? ok('container', `${container.program} ${container.version}; its GPUs need the NVIDIA Container Toolkit`)
    : ok('container', `not usable: ${container.complaint}`);
  if (program.version === undefined) {
    const next = 'pip install vllm (in a virtual environment, then --binary VENV/bin/vllm)';
    const check = hasContainer
      ? ok('vllm', `${program.complaint}; --container does without`)
      : fail('vllm', program.complaint, `${next}, or install docker and use --container`);
    return [check, containerCheck];
  }
  const [major = 0, minor = 0] = program.version.split('.').map(Number);
  const [leastMajor, leastMinor] = REALTIME_VERSION;
  const old = major < leastMajor || (major === leastMajor && minor < leastMinor);
  const check = old
    ? warn(
        'vllm',
        program.version,
        `Voxtral Realtime asks for ${leastMajor}.${leastMinor}: pip install -U vllm`,
      )
    : ok('vllm', program.version);
  return [check, containerCheck];
}

function modelCheck(model: ServedModel, gpus: readonly Gpu[]): Check {
  const need = needOf(model);
  if (need === undefined) return ok(model.reference, `${model.served}; what it needs is not known here`);
  const many = need.gpus > 1 ? `on each of ${need.gpus} GPUs` : '';
  const detail = `needs ${need.stated ? '' : 'about '}${need.gib} GiB ${many}`.trim();
  if (gpus.length === 0) return ok(model.reference, detail);
  if (fits(need, gpus)) return ok(model.reference, `fits: ${detail}`);
  return warn(model.reference, `does not fit: ${detail}`, 'use a larger GPU, or a smaller model');
}

/** What the NVIDIA driver says of the GPUs of this machine. */
import { askProgram } from '../doctor/ask-program.js';

/** ms that the driver has for an answer; it takes up to 2 s where it is not kept loaded. */
const TIMEOUT_MS = 10_000;
const FIELDS = 'name,memory.total,memory.free,driver_version,compute_cap';

export interface Gpu {
  /** `NVIDIA H100 80GB HBM3` */
  readonly name: string;
  /** MiB. */
  readonly totalMib: number;
  /** MiB. */
  readonly freeMib: number;
  readonly driver: string;
  /** Compute capability, `9.0`; empty = not told. */
  readonly capability: string;
}

export interface GpuReport {
  /** `missing`: no nvidia-smi; `failed`: it says what is wrong. */
  readonly outcome: 'answered' | 'missing' | 'failed';
  readonly gpus: readonly Gpu[];
  /** Newest CUDA that the driver runs: `12.8`. */
  readonly cuda?: string;
  readonly complaint: string;
}

export interface MachineContext {
  /** The environment that programs are started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Asks nvidia-smi. Rejects only with the signal's reason. */
export async function readGpus(context: MachineContext): Promise<GpuReport> {
  const options = { ...context, timeoutMs: TIMEOUT_MS };
  const query = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits'];
  const [answer, overview] = await Promise.all([
    askProgram('nvidia-smi', query, options),
    askProgram('nvidia-smi', [], options),
  ]);
  const { outcome, output, complaint } = answer;
  if (outcome !== 'answered') return { outcome, gpus: [], complaint };
  const cuda = /CUDA Version:\s*(\d+\.\d+)/.exec(overview.output)?.[1];
  const gpus = output.split('\n').flatMap(parseGpu);
  return { outcome, gpus, complaint, ...(cuda === undefined ? {} : { cuda }) };
}

/** MiB of video memory that each process holds, by process id; empty where nobody can say. */
export async function memoryByProcess(context: MachineContext): Promise<ReadonlyMap<number, number>> {
  const query = ['--query-compute-apps=pid,used_memory', '--format=csv,noheader,nounits'];
  const { output } = await askProgram('nvidia-smi', query, { ...context, timeoutMs: TIMEOUT_MS });
  const held = new Map<number, number>();
  for (const [, pid, mib] of output.matchAll(/^(\d+),\s*(\d+)$/gm))
    held.set(Number(pid), (held.get(Number(pid)) ?? 0) + Number(mib));
  return held;
}

/** The GPU that a program of this environment gets first; undefined where there is none. */
export function firstGpu(
  { gpus }: GpuReport,
  environment: Readonly<Record<string, string | undefined>>,
): Gpu | undefined {
  const chosen = /^\d+/.exec(environment.CUDA_VISIBLE_DEVICES ?? '')?.[0];
  return gpus[Number(chosen ?? 0)] ?? gpus[0];
}

function parseGpu(line: string): Gpu[] {
  const [name = '', total, free, driver = '', capability = ''] = line.split(',').map((cell) => cell.trim());
  if (name === '' || !/^\d+$/.test(total ?? '')) return [];
  return [
    {
      name,
      totalMib: Number(total),
      freeMib: /^\d+$/.test(free ?? '') ? Number(free) : 0,
      driver,
      capability: /^\d+\.\d+$/.test(capability) ? capability : '',
    },
  ];
}

/** vLLM in a container: the command that starts it, and the program that does. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { askProgram } from '../doctor/ask-program.js';
import type { MachineContext } from './gpus.js';
import type { Options } from './options.js';

/** ms for a version, and for removing a container that has ended. */
const TIMEOUT_MS = 20_000;
/**
 * vLLM's own image, and vLLM-Omni's, whose releases have no `latest` (its installation page, November 2026). CUDA is in both.
 */
const IMAGES = { vllm: 'vllm/vllm-openai:latest', omni: 'vllm/vllm-omni:v0.28.0' } as const;
const PROGRAMS = ['docker', 'podman'] as const;
/** Where the model's folder lies inside. */
const INSIDE = '/model';

export interface ContainerQuestion {
  readonly program: string;
  readonly name: string;
  readonly image: string;
  readonly served: string;
  readonly options: Options;
  readonly host: string;
  readonly port: number;
  /** Absolute; undefined = vLLM fetches the model into the hub's cache of this user. */
  readonly folder: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

/** A container that listens on this machine's `host` only, ends with its program, and leaves nothing behind but the hub's cache. */
export function containerCommand(question: ContainerQuestion): readonly string[] {
  const { program, name, image, served, options, host, port, folder, variables } = question;
  const gpus = /podman$/.test(program) ? ['--device', 'nvidia.com/gpu=all'] : ['--gpus', 'all'];
  const address = host.includes(':') ? `[${host}]` : host;
  const cache = ['-v', `${join(homedir(), '.cache', 'huggingface')}:/root/.cache/huggingface`];
  return [
    ...[program, 'run', '--rm', '--name', name, ...gpus, '--ipc', 'host'],
    ...['-p', `${address}:${port}:${port}`],
    ...(folder === undefined ? cache : ['-v', `${folder}:${INSIDE}:ro`]),
    // The value stays out of the process list: the program takes it from its environment.
    ...['-e', 'HF_TOKEN'],
    ...Object.entries(variables).flatMap(([key, value]) => ['-e', `${key}=${value}`]),
    // The entry point of vLLM's image is `vllm serve`; that of others may be anything.
    ...['--entrypoint', 'vllm', image, 'serve', folder === undefined ? served : INSIDE],
    ...options.flat(),
  ];
}

/** The image that was asked for; `auto` = the one that runs the model. */
export function imageOf(asked: string, omni: boolean): string {
  return asked === 'auto' ? IMAGES[omni ? 'omni' : 'vllm'] : asked;
}

export interface ContainerRuntime {
  readonly program: string;
  readonly version: string;
}

/** The first of docker and podman that answers; `complaint` is what the first that is there says. */
export async function findContainerRuntime(
  context: MachineContext,
  asked?: string,
): Promise<ContainerRuntime | { readonly complaint: string }> {
  let complaint = 'neither docker nor podman is on PATH';
  for (const program of asked === undefined ? PROGRAMS : [asked]) {
    const answer = await askProgram(program, ['version', '--format', '{{.Client.Version}}'], {
      ...context,
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.outcome === 'answered') return { program, version: answer.output.split('\n')[0] ?? '' };
    if (answer.outcome === 'failed') complaint = `${program}: ${answer.complaint}`;
    else if (asked !== undefined) complaint = `${asked} is not a program on PATH`;
  }
  return { complaint };
}

/** The program for containers. Throws VoxError `engine_missing` that says what to install. */
export async function containerProgram(context: MachineContext, asked?: string): Promise<string> {
  const found = await findContainerRuntime(context, asked);
  if ('program' in found) return found.program;
  throw new VoxError(
    'engine_missing',
    `--container needs docker or podman (${found.complaint}); install one, or start vLLM itself with --binary`,
  );
}

/** Removes a container by its name, running or not; that there is none is fine. */
export async function removeContainer(program: string, name: string, context: MachineContext): Promise<void> {
  await askProgram(program, ['rm', '-f', name], { ...context, timeoutMs: TIMEOUT_MS });
}

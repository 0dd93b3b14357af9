/**
 * `vox engine`: vLLM on this machine's GPU. Works on this machine itself and not through a server, as `vox engines` does; a
 * server that runs elsewhere is told where this one is (`--upstream`).
 */
import { type Define, examples } from '../command.js';
import { doctor } from './doctor.js';
import { logs } from './logs.js';
import { restart, start } from './start.js';
import { status } from './status.js';
import { stop } from './stop.js';
import { warmup } from './warmup.js';

const COMMANDS: Readonly<Record<string, Define>> = {
  start,
  stop,
  restart,
  status,
  logs,
  doctor,
  warmup,
};

export const define: Define = (command, context) => {
  // So that what stands behind a command is its own: `--json` and `--port` mean something before it too.
  command.enablePositionalOptions();
  for (const [name, add] of Object.entries(COMMANDS)) add(command.command(name), context);
  command.addHelpText(
    'after',
    `
Some models of the catalog need a GPU and run on vLLM: Voxtral, Qwen3-ASR, Whisper at scale, voices on vLLM-Omni. This command
starts vLLM for them, tuned to the GPU, and watches it. Vox itself needs no GPU: where vLLM runs on another machine,
vox serve --upstream http://THAT:8000 is all. (vox engines, with an s, lists the engine packages that run models inside Vox.)`,
  );
  examples(command, [
    'vox engine doctor                                      # what this machine can run',
    'vox engine start voxtral-stt:realtime-4b --dry-run     # the exact command, nothing is started',
    'vox engine start voxtral-stt:realtime-4b && vox engine warmup',
    'vox engine logs -f',
    'vox engine stop',
  ]);
};

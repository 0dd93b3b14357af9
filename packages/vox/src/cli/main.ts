/** From arguments to an exit code: 0 done, 1 failed, 2 wrong use, 130 and 143 stopped by a signal. */
import { VoxClientError } from '@vox-speech/client';
import { Command, CommanderError } from 'commander';
import type { Flags } from '../config/index.js';
import { version } from '../observe/version.js';
import { addFlags, type CommandContext, type Define, UsageError } from './command.js';
import type { Output } from './output.js';

interface Entry {
  readonly summary: string;
  /** Only the command that runs is loaded, which keeps `vox --version` and `vox serve` quick. */
  readonly load: () => Promise<{ readonly define: Define }>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: { summary: 'serve models over HTTP until stopped', load: () => import('./serve.js') },
  pull: { summary: 'fetch a model onto this machine', load: () => import('./pull.js') },
  list: { summary: 'list the models that were pulled', load: () => import('./list.js') },
  show: { summary: 'show what is known of a pulled model', load: () => import('./show.js') },
  rm: { summary: 'remove a pulled model', load: () => import('./rm.js') },
  ps: { summary: 'list the models that are loaded now', load: () => import('./ps.js') },
  stop: { summary: 'unload a model, or all of them', load: () => import('./stop.js') },
  logs: { summary: 'show the log of the server', load: () => import('./logs.js') },
  run: { summary: 'transcribe a file, or speak a text', load: () => import('./run.js') },
  'stream-transcribe': {
    summary: 'transcribe a recording as it is sent, or a microphone as you speak',
    load: () => import('./stream-transcribe.js'),
  },
  'stream-synthesize': {
    summary: 'speak a text of any length, from its first sentence on',
    load: () => import('./stream-synthesize.js'),
  },
  voices: {
    summary: 'list the voices of a model; add and remove your own',
    load: () => import('./voices.js'),
  },
  export: {
    summary: 'write pulled models to one file, for another machine',
    load: () => import('./export.js'),
  },
  import: { summary: 'read models from a file of vox export', load: () => import('./import.js') },
  engine: {
    summary: "start and watch vLLM on this machine's GPU",
    load: () => import('./engine/index.js'),
  },
  engines: { summary: 'list, add and remove engine packages', load: () => import('./engines.js') },
  search: { summary: 'search what can be pulled', load: () => import('./search.js') },
  bench: { summary: 'measure a running server', load: () => import('./bench-live/index.js') },
  client: { summary: "speak to a server as Yap's clients do", load: () => import('./client/index.js') },
  doctor: { summary: 'look whether everything works on this machine', load: () => import('./doctor.js') },
  completion: {
    summary: 'print what makes Tab complete in your shell',
    load: () => import('./completion.js'),
  },
};

/** What the shells' completion functions call; not for people. */
const COMPLETE = '__complete';

const GLOBAL_EXAMPLES = `
Start here:
  vox pull whisper:base && vox run whisper:base talk.wav
  vox pull piper:en-us-joe-medium && vox run piper:en-us-joe-medium "Hello there." -o hello.wav
  vox serve

vox help COMMAND says more of each, with examples. Something doesn't work? vox doctor
Every command takes --json. Exit codes: 0 done, 1 failed, 2 wrong use, 130 and 143 stopped by a signal.`;

/** Why a run was stopped: the reason of its signal. */
export class Stopped extends Error {
  constructor(readonly exitCode: number) {
    super('stopped');
  }
}

/** Runs the command that the arguments name. Never throws; what went wrong is told on standard error. */
export async function main(argv: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  try {
    if (argv[0] === COMPLETE) {
      const { complete, wordsOf } = await import('./complete/index.js');
      const asked = argv.slice(1);
      const lines = await complete(await build(wordsOf(asked).slice(0, -1), output, signal), asked);
      for (const line of lines) output.line(line);
      return 0;
    }
    const program = await build(argv, output, signal);
    await program.parseAsync(helpOfNone(argv) ?? [...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return report(error, output, signal);
  }
}

async function build(argv: readonly string[], output: Output, signal: AbortSignal): Promise<Command> {
  const program = new Command('vox');
  program
    .description('One speech runtime: pull a model, run it, serve it.')
    .version(version(), '-V, --version')
    .usage('[options] COMMAND [arguments]')
    .enablePositionalOptions()
    .showHelpAfterError('(vox --help lists the commands and options)')
    .configureHelp({ sortSubcommands: false, subcommandTerm: (command) => command.name() })
    .configureOutput({ writeOut: (text) => output.raw(text) })
    .exitOverride();
  addFlags(program, 'client');
  program.option('--json', 'print JSON');
  program.addHelpText('after', GLOBAL_EXAMPLES);
  const context: CommandContext = { output, signal, globals: () => program.opts() as Flags };
  const wanted = commandOf(argv);
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .description(`${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`);
    command.summary(entry.summary).exitOverride();
    command.showHelpAfterError(`(vox ${name} --help says how to use it)`);
    if (name === wanted) (await entry.load()).define(command, context);
  }
  return program;
}

/** The first argument that is neither an option nor the value of one; after `help`, the one behind it. */
function commandOf(argv: readonly string[]): string | undefined {
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word === '--host' || word === '--api-key') i += 1;
    else if (word !== 'help' && !word.startsWith('-')) return word;
  }
  return undefined;
}

/** `help` of a command that is none is answered as the command itself would be; undefined for anything else. */
function helpOfNone(argv: readonly string[]): string[] | undefined {
  const wanted = commandOf(argv);
  if (wanted === undefined || Object.hasOwn(COMMANDS, wanted) || argv.find(isWord) !== 'help')
    return undefined;
  return [wanted];
}

function isWord(argument: string): boolean {
  return !argument.startsWith('-');
}

function report(error: unknown, output: Output, signal: AbortSignal): number {
  if (signal.aborted && signal.reason instanceof Stopped) return signal.reason.exitCode;
  if (error instanceof CommanderError) {
    // Commander has said it already.
    return error.exitCode === 0 ? 0 : 2;
  }
  output.note(`Error: ${messageOf(error)}`);
  return error instanceof UsageError ? 2 : 1;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!VoxClientError.is(error)) return error.message;
  if (error.retryAfter !== undefined) return `${error.message} (try again in ${error.retryAfter} s)`;
  if (error.code === 'unauthorized')
    return `${error.message}\nGive the server's key: VOX_API_KEY=KEY in the environment, or --api-key KEY`;
  return error.message;
}

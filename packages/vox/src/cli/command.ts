/** What every command is made of. */
import { type Command, Option } from 'commander';
import { type Config, type Flags, flagsOf, loadConfig } from '../config/index.js';
import type { Output } from './output.js';

export interface CommandContext {
  readonly output: Output;
  /** Aborts on Ctrl-C, SIGTERM, and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /** Options given before the command's name. */
  readonly globals: () => Flags;
}

/** A module of `cli/`: it adds arguments, options, examples and the action to its command. */
export type Define = (command: Command, context: CommandContext) => void;

/** A wrong use of the command line: exit 2. */
export class UsageError extends Error {}

/** Adds `--host`, `--api-key` and `--json`, which every command but serve has. */
export function clientOptions(
  command: Command,
  jsonHelp = 'print what the server answered, as JSON',
): Command {
  addFlags(command, 'client');
  return command.option('--json', jsonHelp);
}

/** Adds the flags that the table of settings has for a kind of command. */
export function addFlags(command: Command, kind: 'serve' | 'client' | 'engine'): void {
  for (const flag of flagsOf(kind)) {
    const option = new Option(flag.flags, flag.description);
    // Not `choices()`: the table reads the value, in any case and with its synonyms.
    if (flag.choices !== undefined) option.argChoices = [...flag.choices];
    if (flag.repeatable) option.argParser(collect);
    command.addOption(option);
  }
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** What a shell can complete an argument or the value of an option with: names, files, or one of a few words. */
export type Completes = 'pulled' | 'catalog' | 'voice' | 'file' | readonly string[];

const COMPLETIONS = new WeakMap<Command, Readonly<Record<string, Completes>>>();

/** Says how arguments (`model`) and options (`--voice`) of a command are completed. */
export function completes(command: Command, how: Readonly<Record<string, Completes>>): Command {
  COMPLETIONS.set(command, { ...COMPLETIONS.get(command), ...how });
  return command;
}

/** How an argument or an option is completed; undefined = any text. */
export function completionOf(command: Command, name: string): Completes | undefined {
  return COMPLETIONS.get(command)?.[name];
}

/** Adds `Examples:` under the options. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** The configuration of a client command; options after the command's name win over those before it. */
export function clientConfig(command: Command, context: CommandContext): Config {
  return readConfig('client', { ...context.globals(), ...(command.opts() as Flags) });
}

/** Throws UsageError instead of the configuration's own error. */
export function readConfig(kind: 'serve' | 'client' | 'engine', flags: Flags): Config {
  try {
    return loadConfig({ command: kind, flags });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Was `--json` given, before or after the command's name? */
export function wantsJson(command: Command, context: CommandContext): boolean {
  return command.opts<{ json?: boolean }>().json === true || context.globals().json === true;
}

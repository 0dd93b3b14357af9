/** What every command is made of. */
import type { Command } from 'commander';
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
export function addFlags(command: Command, kind: 'serve' | 'client'): void {
  for (const flag of flagsOf(kind)) {
    if (flag.repeatable) command.option(flag.flags, flag.description, collect);
    else command.option(flag.flags, flag.description);
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
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
export function readConfig(kind: 'serve' | 'client', flags: Flags): Config {
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

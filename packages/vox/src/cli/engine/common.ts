/** What the commands of `vox engine` share. */
import type { Command } from 'commander';
import type { Config, Flags } from '../../config/index.js';
import { type EngineRecord, type MachineContext, Records } from '../../local/vllm/index.js';
import { type CommandContext, readConfig, UsageError } from '../command.js';

/** The configuration with the flags of a command. Throws UsageError. */
export function engineSettings(command: Command, context: CommandContext, more: Flags = {}): Config {
  return readConfig('engine', { ...context.globals(), ...more, ...(command.opts() as Flags) });
}

/** What programs are started with. */
export function machineContext({ signal }: CommandContext): MachineContext {
  return { environment: process.env, signal };
}

/**
 * The engine that is meant: by name, else the only one that was started. Undefined where none was.
 * Throws UsageError where several were and none is named.
 */
export async function whichRecord(
  config: Config,
  reference: string | undefined,
): Promise<EngineRecord | undefined> {
  const records = await new Records(config.models.home).all();
  if (reference !== undefined) return records.find((record) => isNamed(record, reference));
  if (records.length <= 1) return records[0];
  throw new UsageError(`several engines were started: name one of ${names(records)}`);
}

/** By its reference, a part of it, or the name on the hub. */
function isNamed({ reference, served }: EngineRecord, wanted: string): boolean {
  return reference === wanted || served === wanted || reference.split(':')[0] === wanted;
}

function names(records: readonly EngineRecord[]): string {
  return records.map(({ reference }) => reference).join(', ');
}

/** A wrong setting is a wrong use of the command line: exit 2. */
export async function asUsage<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Error && (error as { code?: unknown }).code === 'invalid_request')
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** What one row of the table of settings says. */
import type { Reader } from './values.js';

export type Group =
  | 'server'
  | 'models'
  | 'scheduler'
  | 'guard'
  | 'live'
  | 'remote'
  | 'yap'
  | 'wyoming'
  | 'deepgram'
  | 'realtime'
  | 'sessions'
  | 'engine'
  | 'log'
  | 'client';

export interface Setting<T> {
  readonly group: Group;
  /** `--port`; absent = environment only. The same word may mean two settings if their commands differ. */
  readonly flag?: string;
  /** What stands behind the flag in --help: `N`, `SIZE`; in brackets = it may be left out; absent = a switch. */
  readonly argument?: string;
  /** Other spellings of the flag, each with its own reading. */
  readonly flagAliases?: readonly {
    readonly flag: string;
    readonly read: Reader<T>;
    readonly help: string;
  }[];
  readonly env?: string;
  readonly envAliases?: readonly string[];
  readonly read: Reader<T>;
  /** The flag may be given several times. `merge`: the environment's items are kept too. */
  readonly repeatable?: 'replace' | 'merge';
  /** In words, for people: `port`, `size`, `duration`. */
  readonly type: string;
  readonly unit?: string;
  /** As a person would write it; undefined = no value. */
  readonly default: string | undefined;
  /** What stands in the docs where `default` is undefined or depends on the machine. */
  readonly defaultText?: string;
  /** Read, so that a command line of the original still works, and of no effect: why, for the start-up log. */
  readonly noEffect?: string;
  /** Never printed. */
  readonly secret?: boolean;
  /** Which commands have the flag. */
  readonly commands: 'serve' | 'client' | 'engine' | 'all' | 'none';
  readonly help: string;
}

/** A setting that always has a value. */
export function always<T>(row: Setting<T> & { readonly default: string }): Setting<T> {
  return row;
}

/** A setting that may be absent. */
export function maybe<T>(row: Omit<Setting<T>, 'default'>): Setting<T | undefined> {
  return { ...row, default: undefined };
}

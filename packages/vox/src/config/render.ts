/** The table as people read it: options of `vox serve --help`, and docs/configuration.md. */
import { COMPAT } from './compat.js';
import type { Group, Setting } from './setting.js';
import { SETTINGS } from './table.js';

/** One option of a command, in the argument parser's notation. */
export interface FlagHelp {
  /** `--port <N>` */
  readonly flags: string;
  readonly description: string;
  readonly repeatable: boolean;
  /** The words that are allowed, where they are few. */
  readonly choices?: readonly string[];
}

const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** The flags of a kind of command, in the table's order. */
export function flagsOf(command: 'serve' | 'client' | 'engine'): readonly FlagHelp[] {
  // `vox engine` talks to no server of ours: what all others share means nothing to it.
  const isOurs = ({ commands }: Setting<unknown>) =>
    commands === command || (commands === 'all' && command !== 'engine');
  return ROWS.filter(isOurs).flatMap((row) => {
    if (row.flag === undefined) return [];
    const argument = argumentOf(row);
    const repeatable = row.repeatable !== undefined;
    const choices = row.read.choices === undefined ? {} : { choices: row.read.choices };
    return [
      { flags: `${row.flag}${argument}`, description: `${row.help} ${bracket(row)}`, repeatable, ...choices },
      ...(row.flagAliases ?? []).map((alias) => ({
        flags: `${alias.flag}${argument}`,
        description: alias.help,
        repeatable,
      })),
    ];
  });
}

/** ` <N>`; ` [IMAGE]` where it may be left out. */
function argumentOf({ argument }: Setting<unknown>): string {
  if (argument === undefined) return '';
  return argument.startsWith('[') ? ` ${argument}` : ` <${argument}>`;
}

/** `(VOX_PORT, default 11435)` */
function bracket(row: Setting<unknown>): string {
  const fallback = row.argument === undefined ? undefined : (row.defaultText ?? row.default);
  const parts = [row.env, fallback === undefined ? undefined : `default ${fallback}`];
  return `(${parts.filter((part) => part !== undefined).join(', ')})`;
}

const GROUPS: Readonly<Record<Group, string>> = {
  server: 'Listening',
  models: 'Models',
  scheduler: 'Loading and running',
  guard: 'Access and limits',
  live: 'Live speech',
  remote: 'Models that run elsewhere',
  yap: 'Live speech over `/api/asr-streaming`',
  wyoming: 'Wyoming, for Home Assistant',
  deepgram: 'Live speech over `/v1/listen`',
  realtime: "OpenAI's Realtime API",
  sessions: 'Sessions by id',
  engine: 'vLLM on this machine: `vox engine`',
  log: 'Log',
  client: 'Command line',
};

const HEADER = `# Configuration

This page is written by \`renderConfigurationDocs()\` from the table in \`packages/vox/src/config/table.ts\`; change that, not this.

A flag wins over its \`VOX_*\` variable, which wins over the variable of the original that \`VOX_COMPAT\` names, which wins
over the default. An empty variable counts as not set. Lists are separated by commas; their flags may be given several times.
An unknown \`VOX_*\` variable is warned about at start.

Sizes take the suffixes b, k, kb, ki, kib, m, ..., g, ..., t, ..., all base 1024. Durations are seconds, or \`30s\`, \`5m\`, \`1h30m\`, \`250ms\`.

\`--keep-alive 0\` unloads a model as soon as nobody uses it and \`-1\` keeps it for ever. \`--ttl\` is the original's flag, and there 0
meant *never unload*: so it does here, for \`--ttl\` alone. Every other value means the same in both.
`;

/** The whole page docs/configuration.md. */
export function renderConfigurationDocs(): string {
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => {
    const rows = ROWS.filter((row) => row.group === group).map(docRow);
    return `## ${GROUPS[group]}\n\n${table(['flag', 'variable', 'value', 'default', 'meaning'], rows)}\n`;
  });
  return `${[HEADER, ...groups, compatDocs()].join('\n')}`;
}

function docRow(row: Setting<unknown>): string[] {
  const flags = [row.flag, ...(row.flagAliases ?? []).map((alias) => alias.flag)];
  const variables = [row.env, ...(row.envAliases ?? [])];
  const value = row.unit === undefined ? row.type : `${row.type} (${row.unit})`;
  const fallback = row.defaultText ?? `\`${row.default ?? ''}\``;
  return [codes(flags), codes(variables), value, fallback, row.help];
}

function compatDocs(): string {
  const sections = Object.entries(COMPAT)
    .filter(([name]) => name !== 'vox')
    .map(([name, profile]) => {
      const flag = (key: keyof typeof SETTINGS): string => {
        const row: Setting<unknown> = SETTINGS[key];
        return `\`${row.flag ?? row.env ?? key}\``;
      };
      const variables = profile.variables.map((row) => `\`${row.env}\` is ${flag(row.key)}`).join(', ');
      const defaults = (Object.keys(profile.defaults) as (keyof typeof SETTINGS)[])
        .map((key) => `${flag(key)} \`${profile.defaults[key] ?? ''}\``)
        .join(', ');
      const anyCase = profile.anyCase ? ' Names are read in any case.' : '';
      const file = profile.envFile ? ' They are read from a file `.env` in the working folder too.' : '';
      const without = Object.keys(profile.noEffect);
      const silent =
        without.length === 0 ? '' : ` Without effect, which is said at start: ${codes(without)}.`;
      return `- \`VOX_COMPAT=${name}\`, ${profile.title}: ${variables}. Defaults: ${defaults}.${anyCase}${file}${silent}`;
    });
  return `## Taking another server's place\n\n\`VOX_COMPAT\` makes the paths that protocols share answer as that original did, and reads its variables and defaults.\n\n${sections.join('\n')}\n`;
}

function codes(names: readonly (string | undefined)[]): string {
  const present = names.filter((name) => name !== undefined);
  return present.length === 0 ? '-' : present.map((name) => `\`${name}\``).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

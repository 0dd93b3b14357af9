/**
 * The log. Lines carry no transcripts, no texts to speak and no keys: callers log sizes, times and names,
 * and paths without their query string, because a key may travel there.
 */
import { type Logger, pino } from 'pino';

export type Log = Logger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** `json`: one object a line. `plain` (default): for people. */
  readonly format?: 'plain' | 'json';
  /** Takes one line with its newline. Default: standard output. */
  readonly write?: (line: string) => void;
  /** Takes each line a second time, always as JSON: the log file. */
  readonly file?: (line: string) => void;
}

/** Field names whose values are never written: of a line itself, and of what stands in its fields. */
const SECRET = ['authorization', 'api_key', 'apiKey', 'token', 'password'];
const HIDDEN = '[hidden]';
const LEVELS: Record<number, string> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const OWN = new Set(['level', 'time', 'msg', 'err']);

/** A logger of the server. */
export function createLog(options: LogOptions = {}): Log {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const plain = (options.format ?? 'plain') === 'plain';
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      // pino's own `redact` copies each field of each line for a name one level deep: a tenth of the garbage of a server with
      // 300 live streams.
      serializers: Object.fromEntries(SECRET.map((name) => [name, () => HIDDEN])),
      formatters: { log: hideNested },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    {
      write: (line: string) => {
        options.file?.(line);
        write(plain ? plainLine(line) : line);
      },
    },
  );
}

/** The fields of a line, without the secrets that stand one level deep; the same object where there are none. */
function hideNested(fields: Record<string, unknown>): Record<string, unknown> {
  let shown = fields;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'object' || value === null) continue;
    const secrets = SECRET.filter((secret) => Object.hasOwn(value, secret));
    if (secrets.length === 0) continue;
    const open: object = Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
    for (const secret of secrets) Object.defineProperty(open, secret, { value: HIDDEN, enumerable: true });
    shown = { ...shown, [name]: open };
  }
  return shown;
}

/** A JSON log line as a line for people: time, level, message, then the rest as key=value. */
export function plainLine(json: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const rest = Object.entries(entry)
    .filter(([key, value]) => !OWN.has(key) && value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`);
  const level = LEVELS[Number(entry.level)] ?? 'INFO';
  const error = entry.err as { stack?: string; message?: string } | undefined;
  const head = [entry.time, level.padEnd(5), entry.msg, ...rest].filter((part) => part !== undefined);
  return `${head.join(' ')}\n${error === undefined ? '' : `${error.stack ?? error.message ?? ''}\n`}`;
}

function quote(value: string): string {
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}

/** The path of a request target without its query string, cut at 200 characters, for logs and messages. */
export function safePath(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.length > 200 ? `${path.slice(0, 200)}...` : path;
}

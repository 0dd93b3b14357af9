/** Where a command writes, and the shapes it writes in. */

/** Standard output and error, as commands see them. */
export interface Output {
  /** One line on standard output. */
  line(text: string): void;
  /** One line on standard error. */
  note(text: string): void;
  /** Is standard output a terminal, how wide (columns), and does it show colours? */
  readonly terminal: { readonly columns: number; readonly colors?: boolean } | undefined;
  /** Text as it is, for what redraws a line. */
  raw(text: string): void;
}

/** The process's own streams. */
export function processOutput(): Output {
  const { stdout, stderr } = process;
  return {
    line: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
    get terminal() {
      // A dumb terminal can't move its cursor: it is written to as a file is. `hasColors` heeds NO_COLOR.
      if (!stdout.isTTY || process.env.TERM === 'dumb') return undefined;
      return { columns: stdout.columns || 80, colors: stdout.hasColors() };
    },
  };
}

/** SGR codes of the colours that statuses have. */
const COLORS: Readonly<Record<string, number>> = { ok: 32, warn: 33, fail: 31 };

/** A text in the colour of a status, where standard output is a terminal with colours. */
export function paint(output: Output, status: string, text: string): string {
  const color = COLORS[status];
  if (output.terminal?.colors !== true || color === undefined) return text;
  return `\x1b[${color}m${text}\x1b[39m`;
}

/** JSON as the original prints it: two spaces. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Lines of a table: columns padded to their widest cell, two spaces between, no space at the end. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join('  ')
      .trimEnd(),
  );
}

/** At most `length` characters; what is longer ends in `...`. */
export function cut(text: string, length: number): string {
  const characters = [...text.replace(/\s+/g, ' ')];
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 3).join('')}...`;
}

/** Milliseconds as seconds with one decimal: `1.3s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

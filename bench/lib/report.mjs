/**
 * What a benchmark prints: a line a figure, a line a target with its verdict; `--json` prints one object
 * instead. `--check` makes a missed target the program's failure. `--runs N` sets how often each side is
 * measured.
 */
import { parseArgs } from 'node:util';

export function options(defaults = {}) {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      runs: { type: 'string' },
      ...Object.fromEntries(Object.keys(defaults).map((key) => [key, { type: 'string' }])),
    },
  });
  const number = (key, fallback) => (values[key] === undefined ? fallback : Number(values[key]));
  const rest = Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [
      key,
      typeof value === 'string' ? (values[key] ?? value) : number(key, value),
    ]),
  );
  return { ...rest, json: values.json, check: values.check, runs: number('runs', defaults.runs ?? 9) };
}

const show = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)).toString() : String(value));

/** A target: `target('ratio', 1.3, '>=', 1.15)`. */
export function target(name, value, relation, limit) {
  return { name, value, relation, limit, met: relation === '>=' ? value >= limit : value <= limit };
}

/** Prints, and ends the program's work with its verdict. `figures` is { label: [value, unit] }. */
export function report(name, figures, targets, flags) {
  if (flags.json) {
    const plain = Object.fromEntries(Object.entries(figures).map(([key, [value]]) => [key, value]));
    console.log(JSON.stringify({ benchmark: name, figures: plain, targets }, null, 2));
  } else {
    console.log(name);
    for (const [label, [value, unit = '']] of Object.entries(figures)) {
      console.log(`  ${label.padEnd(46)} ${show(value)} ${unit}`.trimEnd());
    }
    for (const { name: what, value, relation, limit, met } of targets) {
      console.log(
        `  ${met ? 'met   ' : 'MISSED'} ${what.padEnd(39)} ${show(value)} (wanted ${relation} ${limit})`,
      );
    }
  }
  if (flags.check && targets.some(({ met }) => !met)) process.exitCode = 1;
}

/** Says why a benchmark can't run here, and leaves. */
export function cannot(reason) {
  console.error(`cannot run: ${reason}`);
  process.exit(2);
}

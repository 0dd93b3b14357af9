/** What a doctor found, as lines or as JSON. */
import { json, type Output, paint } from './output.js';

/** Characters of the widest status and of a usual name. */
const STATUS_WIDTH = 4;
const NAME_WIDTH = 16;

/** As `local/doctor` has it. */
interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly next?: string;
}

/** Shows each check as it comes, JSON at the end. Throws an error that counts them where one failed. */
export async function showChecks(
  found: AsyncIterable<Check> | Iterable<Check>,
  output: Output,
  asJson: boolean,
): Promise<void> {
  const checks: Check[] = [];
  for await (const check of found) {
    checks.push(check);
    if (asJson) continue;
    const status = paint(output, check.status, check.status.padEnd(STATUS_WIDTH));
    output.line(`${status}  ${check.name.padEnd(NAME_WIDTH)}  ${check.detail}`);
    if (check.next !== undefined) output.line(`${' '.repeat(STATUS_WIDTH + NAME_WIDTH + 4)}-> ${check.next}`);
  }
  const failures = checks.filter(({ status }) => status === 'fail').length;
  const warnings = checks.filter(({ status }) => status === 'warn').length;
  if (asJson) output.line(json({ ok: failures === 0, checks }));
  else if (failures === 0)
    output.line(warnings === 0 ? '\nAll is well.' : `\nIt works; ${count(warnings, 'warning')}.`);
  if (failures > 0) throw new Error(`${count(failures, 'check')} failed, ${count(warnings, 'warning')}`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

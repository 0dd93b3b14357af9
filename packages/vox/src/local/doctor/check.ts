/** What the doctor finds. */

export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface Check {
  /** What was looked at: `Node`, `engine sherpa`. */
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, next: string): Check {
  return { name, status: 'warn', detail, next };
}

export function fail(name: string, detail: string, next: string): Check {
  return { name, status: 'fail', detail, next };
}

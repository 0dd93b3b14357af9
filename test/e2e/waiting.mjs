/** What end-to-end tests wait for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once a condition holds; fails after `ms`. */
export async function until(what, test, ms = 10_000) {
  for (const end = performance.now() + ms; !(await test()); await sleep(10))
    assert.ok(performance.now() < end, `never: ${what}`);
}

/** All that comes, to the end. */
export async function all(source) {
  const found = [];
  for await (const one of source) found.push(one);
  return found;
}

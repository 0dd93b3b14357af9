/** What end-to-end tests wait for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once a condition holds; fails after `ms`, which only end a test that would wait for ever. */
export async function until(what, test, ms = 10_000) {
  for (const end = performance.now() + ms; !(await test()); await sleep(10))
    assert.ok(performance.now() < end, `never: ${what}`);
}

/** How often models are in use on a server; of one model where it is named. */
export async function leases(url, name) {
  const { models } = await (await fetch(`${url}/v1/models/loaded`)).json();
  const counted = models.filter((model) => name === undefined || model.name === name);
  return counted.reduce((sum, model) => sum + model.ref_count, 0);
}

/** All that comes, to the end. */
export async function all(source) {
  const found = [];
  for await (const one of source) found.push(one);
  return found;
}

/**
 * Medians and friends, and pairs measured alternately so that a busy moment of the machine hits both sides.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export const sorted = (values) => [...values].sort((a, b) => a - b);

export function percentile(values, p) {
  const list = sorted(values);
  if (list.length === 0) return Number.NaN;
  const at = (list.length - 1) * p;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return list[low] + (list[high] - list[low]) * (at - low);
}

export const median = (values) => percentile(values, 0.5);

/** Between two sides, ms: the idle threads of one engine spin for a while and would tax whoever comes next. */
const PAUSE_MS = 250;

/**
 * Runs every side once to warm up, then A B A B ...; each side answers one number or an object of numbers.
 */
export async function alternate(sides, rounds, warmups = 1) {
  const names = Object.keys(sides);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < warmups; i++) for (const name of names) await sides[name]();
  for (let i = 0; i < rounds; i++) {
    for (const name of names) {
      await sleep(PAUSE_MS);
      results[name].push(await sides[name]());
    }
  }
  return results;
}

/**
 * `clients` loops that each take the next of `count` requests; gives the requests a second and each one's
 * ms.
 */
export async function load(clients, count, request) {
  const times = [];
  let next = 0;
  const since = performance.now();
  const loop = async () => {
    while (next < count) {
      next++;
      const began = performance.now();
      await request();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
  return { perSecond: (count * 1000) / (performance.now() - since), times };
}

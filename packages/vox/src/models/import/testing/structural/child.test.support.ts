/** A script beside this file in a process of its own: what a model leaves in native memory ends with it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Segment, StreamPart } from '@vox-speech/contract';

/** What a script makes of its one argument: the last line that it prints, as JSON. Fails where it does, or after a minute. */
export function runChild<T>(script: `${string}.test.support.js`, job: object): T {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawnSync(process.execPath, [path, JSON.stringify(job)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** What became final of a stream, in order. */
export function finals(parts: readonly StreamPart[] = []): (Segment | undefined)[] {
  return parts.filter(({ type }) => type === 'transcript-final').map(({ segment }) => segment);
}

export function texts(parts: readonly StreamPart[] = []): (string | undefined)[] {
  return finals(parts).map((segment) => segment?.text);
}

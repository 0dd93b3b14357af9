import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveOptions } from '@vox-speech/contract';
import type { FromRunner, ToRunner } from '../messages/index.js';
import type { Port } from '../messages/pipe.js';
import { type LiveHandler, LiveLink } from './live-link.js';

interface Sent {
  readonly message: ToRunner;
  /** As it was when it left. */
  body: Uint8Array | undefined;
  readonly left: () => void;
}

/** A port whose bodies leave when the test says so. */
function slowPort(): { port: Port<ToRunner, FromRunner>; sent: Sent[] } {
  const sent: Sent[] = [];
  const port: Port<ToRunner, FromRunner> = {
    send: (message, body, left) => {
      const one: Sent = {
        message,
        body,
        left: () => {
          one.body = body?.slice();
          left?.();
        },
      };
      sent.push(one);
    },
    onMessage() {},
    onClose() {},
    close() {},
  };
  return { port, sent };
}

const handler = {} as LiveHandler;
const options = {} as LiveOptions;
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** What the messages say came in for each stream. */
function heard(sent: readonly Sent[]): Map<number, number[]> {
  const all = new Map<number, number[]>();
  for (const { message, body } of sent) {
    if (message.type !== 'frames') continue;
    let at = 0;
    for (const [index, id] of message.ids.entries()) {
      const end = at + (message.bytes[index] ?? 0);
      all.set(id, [...(all.get(id) ?? []), ...(body?.subarray(at, end) ?? [])]);
      at = end;
    }
    assert.equal(at, body?.length);
  }
  return all;
}

test('the audio of all streams goes in their order, before the commit that follows it', () => {
  const { port, sent } = slowPort();
  const link = new LiveLink(port);
  const [one, two] = [link.open(1, options, handler, () => {}), link.open(2, options, handler, () => {})];
  one.append(bytes(4, 1));
  one.append(bytes(2, 2));
  two.append(bytes(6, 3));
  one.append(bytes(2, 4));
  one.commit();
  assert.deepEqual(
    sent.map(({ message }) => message.type),
    ['listen', 'listen', 'frames', 'commit'],
  );
  assert.deepEqual(
    heard(sent),
    new Map([
      [1, [1, 1, 1, 1, 2, 2, 4, 4]],
      [2, [3, 3, 3, 3, 3, 3]],
    ]),
  );
  link.forget(1);
  link.forget(2);
});

test('a block is filled again only once it has left, and what is larger than one goes as it is', () => {
  const { port, sent } = slowPort();
  const link = new LiveLink(port);
  const run = link.open(1, options, handler, () => {});
  run.append(bytes(60_000, 1));
  run.append(bytes(60_000, 2));
  run.append(bytes(100_000, 3));
  run.commit();
  const expected = [...bytes(60_000, 1), ...bytes(60_000, 2), ...bytes(100_000, 3)];
  assert.deepEqual(heard(sent).get(1), expected);
  const blocks = sent.flatMap(({ body, left }) => {
    const buffer = body?.buffer;
    left();
    return buffer === undefined ? [] : [buffer];
  });
  assert.equal(new Set(blocks).size, 3, 'nothing had left meanwhile');
  run.append(bytes(100, 4));
  run.finish();
  assert.ok(
    blocks.includes(sent.findLast(({ body }) => body !== undefined)?.body?.buffer ?? new ArrayBuffer(0)),
  );
  link.forget(1);
});

test('while a message has not left, what comes is gathered for the next one', async () => {
  const { port, sent } = slowPort();
  const link = new LiveLink(port);
  const run = link.open(1, options, handler, () => {});
  const frames = (): Sent[] => sent.filter(({ message }) => message.type === 'frames');
  const until = async (count: number): Promise<void> => {
    while (frames().length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  run.append(bytes(2, 1));
  await until(1);
  run.append(bytes(2, 2));
  // Longer than audio is ever gathered otherwise.
  await new Promise((resolve) => setTimeout(resolve, 50));
  run.append(bytes(2, 3));
  assert.equal(frames().length, 1);
  frames()[0]?.left();
  assert.equal(frames().length, 2);
  run.append(bytes(2, 4));
  frames()[1]?.left();
  await until(3);
  assert.deepEqual(heard(sent).get(1), [1, 1, 2, 2, 3, 3, 4, 4]);
  link.forget(1);
});

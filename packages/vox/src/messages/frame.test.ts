import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, FrameDecoder, MAX_FRAME_BYTES } from './frame.js';
import { pipePort } from './pipe.js';

const message = fc.record({ type: fc.string(), id: fc.integer() }, { noNullPrototype: true });
const envelope = fc.record(
  { message, body: fc.option(fc.uint8Array({ minLength: 1 }), { nil: undefined }) },
  { noNullPrototype: true },
);

describe('frames', () => {
  it('come out as they went in, wherever the bytes are split, out of one block that is read into again and again', () => {
    fc.assert(
      fc.property(
        fc.array(envelope, { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        (envelopes, step) => {
          const bytes = Buffer.concat(envelopes.flatMap((e) => encodeFrame(e.message, e.body)));
          const decoder = new FrameDecoder<{ type: string; id: number }>();
          const block = Buffer.alloc(step);
          const seen: { message: unknown; body: number[] | undefined }[] = [];
          for (let i = 0; i < bytes.length; i += step) {
            const count = bytes.copy(block, 0, i, i + step);
            for (const e of decoder.push(block.subarray(0, count))) {
              seen.push({ message: e.message, body: e.body && [...e.body] });
            }
            block.fill(0xff);
          }
          assert.deepEqual(
            seen,
            envelopes.map((e) => ({ message: e.message, body: e.body && [...e.body] })),
          );
        },
      ),
    );
  });

  it('refuses a frame that is too large before it buffers it', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(MAX_FRAME_BYTES + 1);
    assert.throws(() => [...new FrameDecoder().push(head)], /frame of/);
  });
});

describe('pipe port', () => {
  it('writes all messages of a tick at once', async () => {
    const writes: number[] = [];
    const stream = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        writes.push(1);
        done();
      },
      writev(chunks, done) {
        writes.push(chunks.length);
        done();
      },
    });
    const port = pipePort<{ n: number }, unknown>(stream);
    for (let n = 0; n < 5; n++) port.send({ n }, new Uint8Array(3));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.deepEqual(writes, [15]);
  });

  it('closes once, with the error, on bytes that are no frame', async () => {
    const stream = new Duplex({ read() {}, write: (_c, _e, done) => done() });
    const port = pipePort<unknown, unknown>(stream);
    const closes: (Error | undefined)[] = [];
    port.onClose((error) => closes.push(error));
    stream.push(Buffer.from([255, 255, 255, 255, 0]));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(closes.length, 1);
    assert.match(String(closes[0]), /frame of/);
  });
});

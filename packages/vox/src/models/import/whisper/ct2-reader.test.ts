import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Ct2TestTensor, ct2Bytes, ct2Floats } from '../testing/ct2.js';
import { Ct2Model } from './ct2-reader.js';

const bits16 = (type: 'float16' | 'bfloat16', values: number[], dims = [values.length]): Ct2TestTensor => ({
  type,
  dims,
  bytes: new Uint8Array(Uint16Array.from(values).buffer),
});

describe('reading a CTranslate2 model', () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-ct2-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const write = async (bytes: Uint8Array): Promise<string> => {
    const path = join(root, `${count++}.bin`);
    await writeFile(path, bytes);
    return path;
  };
  const using = async (bytes: Uint8Array, use: (model: Ct2Model) => Promise<void>): Promise<void> => {
    const model = await Ct2Model.open(await write(bytes));
    try {
      await use(model);
    } finally {
      await model.close();
    }
  };

  test('every number format, whole and by rows', async () => {
    const bytes = ct2Bytes({
      odd: ct2Floats([7], []),
      single: ct2Floats([1, -2, 3, 4.5], [2, 2]),
      half: bits16('float16', [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00]),
      brain: bits16('bfloat16', [0x3f80, 0xc000, 0x4049]),
      byte: { type: 'int8', dims: [2, 2], bytes: Uint8Array.from([127, 129, 64, 0]) },
      byte_scale: ct2Floats([127, 32]),
      heads: { type: 'int8', dims: [], bytes: Uint8Array.of(8) },
      big: { type: 'int16', dims: [], bytes: Uint8Array.of(0x34, 0x12) },
    });
    await using(bytes, async (model) => {
      assert.equal(model.specification, 'WhisperSpec');
      assert.deepEqual([...(await model.floats('single'))], [1, -2, 3, 4.5]);
      assert.deepEqual([...(await model.rows('single', 1, 1))], [3, 4.5]);
      assert.deepEqual(
        [...(await model.floats('half'))],
        [1, -2, 65504, 2 ** -24, -0, Number.POSITIVE_INFINITY],
      );
      assert.deepEqual([...(await model.floats('brain'))], [1, -2, 3.140625]);
      assert.deepEqual([...(await model.floats('byte'))], [1, -1, 2, 0]);
      assert.deepEqual([...(await model.rows('byte', 1, 1))], [2, 0]);
      assert.equal(await model.number('heads'), 8);
      assert.equal(await model.number('big'), 0x1234);
      assert.deepEqual([...(await model.floats('odd'))], [7]);
    });
  });

  test('an alias is the same tensor', async () => {
    await using(ct2Bytes({ a: ct2Floats([1, 2]) }, { b: 'a' }), async (model) => {
      assert.deepEqual([...(await model.floats('b'))], [1, 2]);
    });
  });

  test('a missing tensor and a format that weights do not have are named', async () => {
    const whole: Ct2TestTensor = { type: 'int32', dims: [1], bytes: new Uint8Array(4) };
    await using(ct2Bytes({ whole }), async (model) => {
      await assert.rejects(model.floats('nothing'), {
        code: 'model_broken',
        message: /tensor nothing is missing/,
      });
      await assert.rejects(model.floats('whole'), {
        code: 'model_broken',
        message: /whole is stored as int32/,
      });
    });
  });

  test('a file that is cut off anywhere is refused', async () => {
    const bytes = ct2Bytes({ first: ct2Floats([1, 2]), second: ct2Floats([3]) }, { other: 'first' });
    // Four bytes before the aliases the file is whole, as files of old converters are.
    const aliases = 4 + 2 + 'other\0'.length + 2 + 'first\0'.length;
    for (let length = 0; length < bytes.length; length++) {
      if (length === bytes.length - aliases) continue;
      await assert.rejects(
        Ct2Model.open(await write(bytes.subarray(0, length))),
        { code: 'model_broken' },
        `${length} bytes`,
      );
    }
  });

  test('another version, a wrong length, an unknown type and an alias of nothing are refused', async () => {
    const bytes = ct2Bytes({ a: ct2Floats([1]) });
    const changed = (offset: number, value: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[offset] = value;
      return copy;
    };
    const type = bytes.indexOf(Buffer.from('a\0')) + 2 + 1 + 4;
    for (const [broken, message] of [
      [changed(0, 5), /binary version 5/],
      [changed(type, 99), /unknown type 99/],
      [changed(type + 1, 8), /8 bytes where its shape needs 4/],
      [ct2Bytes({ a: ct2Floats([1]) }, { b: 'c' }), /b means a tensor that isn't there/],
      [Buffer.from('PK\u0003\u0004 something else altogether'), /binary version/],
    ] as const)
      await assert.rejects(Ct2Model.open(await write(broken)), { code: 'model_broken', message });
  });
});

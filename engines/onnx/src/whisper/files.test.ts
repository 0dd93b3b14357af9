/** A Whisper whose files are not what they should be is refused, naming the file; copies of a pulled one. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Session } from '../runtime/index.js';
import { folderOf, hear, load, NO_MODELS, silence } from './whisper.test-support.js';

const FILES = ['features.onnx', 'encoder.int8.onnx', 'decoder.int8.onnx', 'tokens.txt'];
const ENCODER = 'encoder.int8.onnx';

/** A folder with all files but one. */
function without(t: TestContext, missing: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vox-whisper-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of FILES)
    if (file !== missing) symlinkSync(join(folderOf('tiny.en'), file), join(folder, file));
  return folder;
}

/** A folder whose encoder's metadata have `to` in the place of `from`, which is as long. */
function renamed(t: TestContext, from: string, to: string): string {
  const folder = without(t, ENCODER);
  const bytes = readFileSync(join(folderOf('tiny.en'), ENCODER));
  const at = bytes.lastIndexOf(from);
  assert.ok(at > 0 && from.length === to.length, from);
  bytes.write(to, at, 'latin1');
  writeFileSync(join(folder, ENCODER), bytes);
  return folder;
}

const refused = (folder: string, file: string, why: RegExp): Promise<void> =>
  assert.rejects(load('tiny.en', folder), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'model_broken');
    assert.ok(error.message.startsWith(`whisper:tiny.en cannot be loaded: ${file}: `), error.message);
    assert.match(error.message, why);
    assert.match(error.message, /vox rm whisper:tiny\.en && vox pull whisper:tiny\.en$/);
    return true;
  });

describe('files of a Whisper', { skip: NO_MODELS }, () => {
  for (const file of FILES) {
    test(`${file}: missing, empty, no such file at all, cut off`, async (t) => {
      const folder = without(t, file);
      await refused(folder, file, /./);
      const path = join(folder, file);
      for (const content of ['', 'no graph, no tokens']) {
        writeFileSync(path, content);
        await refused(folder, file, /./);
      }
      if (file === 'tokens.txt') return;
      cpSync(join(folderOf('tiny.en'), file), path, { dereference: true });
      truncateSync(path, 100_000);
      await refused(folder, file, /./);
    });
  }

  test('metadata that lack a key, or have something else in it', async (t) => {
    await refused(renamed(t, 'n_text_ctx', 'n_text_xyz'), ENCODER, /no n_text_ctx/);
    await refused(renamed(t, 'eot\u0012\u000550256', 'eot\u0012\u00055x256'), ENCODER, /eot has '5x256'/);
    await refused(renamed(t, 'all_language_codes', 'all_language_xxxxx'), ENCODER, /no all_language_codes/);
  });

  test('a graph in the place of another', async (t) => {
    const folder = without(t, 'decoder.int8.onnx');
    symlinkSync(join(folderOf('tiny.en'), 'features.onnx'), join(folder, 'decoder.int8.onnx'));
    await assert.rejects(
      load('tiny.en', folder).then((model) => hear(model, silence(0.1)).finally(() => model.close())),
      { name: /Error$/ },
    );
  });

  test('what could be loaded is given back', async (t) => {
    const closed = t.mock.method(Session.prototype, 'close');
    await assert.rejects(load('tiny.en', without(t, 'decoder.int8.onnx')));
    assert.equal(closed.mock.callCount(), 2);
  });
});

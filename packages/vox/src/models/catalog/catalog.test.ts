import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { formatReference, parseReference } from '../reference.js';
import { editDistance } from './distance.js';
import { BUILT_IN, Catalog } from './index.js';

const catalog = new Catalog();
const resolved = (text: string) => formatReference(catalog.resolve(text));

test('names of V1 and V2, bare names and short names mean the same models', () => {
  const same: Record<string, readonly string[]> = {
    'whisper:base.en': [
      'whisper',
      'whisper-stt',
      'whisper-stt:base.en',
      'whisper-stt-ct2:base.en',
      'whisper:latest',
    ],
    'whisper:large-v3': ['whisper:large', 'whisper-stt:large-v3'],
    'whisper:large-v3-turbo': ['whisper:turbo', 'whisper-stt:large-v3-turbo'],
    'kokoro:v1.0': [
      'kokoro',
      'kokoro-tts',
      'kokoro-tts:v1.0',
      'kokoro-tts-onnx:v1.0',
      'kokoro-tts-torch:v1.0',
    ],
    'piper:en-us-lessac-medium': ['piper', 'piper-tts', 'piper-tts-onnx', 'piper-tts:en-us-lessac-medium'],
    'piper:en-us-joe-medium': ['piper-tts:en-us-joe-medium'],
    'silero-vad:v5': ['silero-vad'],
    'espeak-ng-data:1.52': ['espeak-ng-data'],
    'ffmpeg:7': ['ffmpeg'],
  };
  for (const [canonical, names] of Object.entries(same))
    for (const name of [canonical, ...names]) {
      assert.equal(resolved(name), canonical, name);
      assert.equal(catalog.get(name).reference, canonical, name);
    }
});

test('a model that is not in the catalog keeps its name', () => {
  assert.equal(resolved('mine:1'), 'mine:1');
  assert.equal(catalog.find('mine:1'), undefined);
});

test('unknown names are answered with those that come close', () => {
  const message = (name: string) => {
    try {
      catalog.get(name);
    } catch (error) {
      assert.ok(VoxError.is(error) && error.code === 'model_unknown');
      return error.message;
    }
    return assert.fail(`${name} was found`);
  };
  assert.match(message('whispr'), /did you mean whisper:/);
  assert.match(message('whisper-stt:bas.en'), /did you mean whisper:base\.en/);
  assert.match(message('kokorro:v1.0'), /did you mean kokoro:v1\.0/);
  assert.match(message('silero'), /did you mean silero-vad:v5/);
  assert.match(message('parakeet:tdt'), /vox search/);
  assert.throws(() => catalog.find('../etc'), /is not a model name/);
});

test('every entry is complete: names, licence, needs, and a hash for whatever a source delivers', () => {
  const references = new Set(BUILT_IN.map((entry) => entry.reference));
  for (const entry of BUILT_IN) {
    const at = entry.reference;
    for (const name of [at, ...entry.aliases]) parseReference(name);
    assert.ok(entry.license.id && entry.description && entry.sources.length > 0, at);
    for (const need of entry.needs) assert.ok(references.has(need), `${at} needs ${need}`);
    if (entry.kind === 'tts') assert.ok(entry.needs.includes('espeak-ng-data:1.52'), at);
    if (entry.kind === 'stt') assert.ok(entry.needs.includes('silero-vad:v5'), at);
    if (entry.kind === 'stt' || entry.kind === 'tts')
      assert.ok(entry.languages.length > 0 && entry.engine, at);
    for (const source of entry.sources) {
      if (source.type === 'packages')
        for (const archive of source.packages) assert.match(archive.sha256, /^[0-9a-f]{64}$/, at);
      if (source.type === 'hf') assert.match(source.revision, /^[0-9a-f]{40}$/, at);
      for (const file of source.files) {
        if (file.sha256 !== undefined) assert.match(file.sha256, /^[0-9a-f]{64}$/, `${at} ${file.as}`);
        else assert.ok(source.type === 'hf' || source.type === 'packages', `${at} ${file.as} has no hash`);
        if (source.type === 'packages')
          for (const path of file.paths)
            assert.ok(source.packages[Number(path.split(':')[0])], `${at} ${path}`);
      }
    }
  }
});

test('search: words, kind, language, licence; companions only when asked for', () => {
  const found = (query: Parameters<Catalog['search']>[0]) =>
    catalog.search(query).map((entry) => entry.reference);
  assert.ok(found({}).includes('whisper:base') && !found({}).includes('silero-vad:v5'));
  assert.deepEqual(found({ text: 'FFmpeg program' }), ['ffmpeg:7']);
  assert.deepEqual(found({ kind: 'vad' }), ['silero-vad:v5']);
  assert.ok(
    found({ language: 'de-DE' }).every((name) => name.startsWith('whisper:') && !name.endsWith('.en')),
  );
  assert.deepEqual(found({ license: 'apache', kind: 'tts' }), ['kokoro:v1.0']);
});

test('edit distance', () => {
  const cases = [
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['same', 'same', 0],
  ] as const;
  for (const [a, b, distance] of cases) assert.equal(editDistance(a, b), distance);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { formatReference, parseReference } from '../reference.js';
import { remoteFault } from '../remote.js';
import { editDistance } from './distance.js';
import { BUILT_IN, Catalog } from './index.js';

const catalog = new Catalog();
const resolved = (text: string) => formatReference(catalog.resolve(text));

/** Every reference and family name of Vox 0.2.93's registry, and what it means here. */
const V2: Readonly<Record<string, string>> = {
  'whisper-stt:base.en': 'whisper:base.en',
  'whisper-stt:small.en': 'whisper:small.en',
  'whisper-stt:medium.en': 'whisper:medium.en',
  'whisper-stt:large-v3': 'whisper:large-v3',
  'whisper-stt:large-v3-turbo': 'whisper:large-v3-turbo',
  'parakeet-stt:tdt-0.6b': 'parakeet:tdt-0.6b-v2',
  'parakeet-stt:tdt-0.6b-v3': 'parakeet:tdt-0.6b-v3',
  'parakeet-stt:tdt-1.1b': 'parakeet:tdt-1.1b',
  'qwen3-stt:0.6b': 'qwen3-asr:0.6b',
  'qwen3-stt:1.7b': 'qwen3-asr:1.7b',
  'voxtral-stt:mini-3b': 'voxtral-stt:mini-3b',
  'voxtral-stt:small-24b': 'voxtral-stt:small-24b',
  'voxtral-stt:24b': 'voxtral-stt:small-24b',
  'voxtral-stt:realtime-4b': 'voxtral-stt:realtime-4b',
  'speecht5-stt:base': 'speecht5-stt:base',
  'kokoro-tts:v1.0': 'kokoro:v1.0',
  'piper-tts:en-us-lessac-medium': 'piper:en-us-lessac-medium',
  'chatterbox-tts:0.1.7': 'chatterbox-tts:0.1.7',
  'chatterbox-tts-multilingual:0.1.7': 'chatterbox-multilingual:0.1.7',
  'chatterbox-tts-turbo:0.1.7': 'chatterbox-turbo:0.1.7',
  'cosyvoice2-tts:0.5b': 'cosyvoice2:0.5b',
  'orpheus-tts:medium-3b': 'orpheus:medium-3b',
  'dia-tts:1.6b': 'dia:1.6b',
  'sesame-tts:csm-1b': 'sesame:csm-1b',
  'indextts-tts:2': 'indextts:2',
  'openvoice-tts:v1': 'openvoice:v1',
  'spark-tts:0.5b': 'spark:0.5b',
  'neutts-air-tts:air': 'neutts-air:air',
  'speecht5-tts:base': 'speecht5-tts:base',
  'vibevoice-tts:realtime-0.5b': 'vibevoice:realtime-0.5b',
  'vibevoice-tts:1.5b': 'vibevoice:1.5b',
  'qwen3-tts:0.6b': 'qwen3-tts:0.6b',
  'qwen3-tts:1.7b': 'qwen3-tts:1.7b',
  'qwen3-tts:0.6b-clone': 'qwen3-tts:0.6b-clone',
  'qwen3-tts:1.7b-clone': 'qwen3-tts:1.7b-clone',
  'xtts-tts:v2': 'xtts:v2',
  'step-audio-editx:3b-awq': 'step-audio-editx:3b-awq',
  'voxtral-tts:4b': 'voxtral-tts:4b',
  'smart-turn:v3.2': 'smart-turn:v3.2',
  // Names without a tag.
  parakeet: 'parakeet:tdt-0.6b-v3',
  'parakeet-stt': 'parakeet:tdt-0.6b-v3',
  kokoro: 'kokoro:v1.0',
  'kokoro-tts': 'kokoro:v1.0',
  whisper: 'whisper:base.en',
  'whisper-stt': 'whisper:base.en',
  piper: 'piper:en-us-lessac-medium',
  'piper-tts': 'piper:en-us-lessac-medium',
  openvoice: 'openvoice:v1',
  'openvoice-tts': 'openvoice:v1',
  chatterbox: 'chatterbox-turbo:0.1.7',
  'chatterbox-tts': 'chatterbox-turbo:0.1.7',
  'chatterbox-multilingual': 'chatterbox-multilingual:0.1.7',
  cosyvoice: 'cosyvoice2:0.5b',
  cosyvoice2: 'cosyvoice2:0.5b',
  'cosyvoice-tts': 'cosyvoice2:0.5b',
  orpheus: 'orpheus:medium-3b',
  'orpheus-tts': 'orpheus:medium-3b',
  indextts: 'indextts:2',
  spark: 'spark:0.5b',
  neutts: 'neutts-air:air',
  'neutts-air': 'neutts-air:air',
  'neutts-tts': 'neutts-air:air',
  dia: 'dia:1.6b',
  sesame: 'sesame:csm-1b',
  'speecht5-stt': 'speecht5-stt:base',
  'speecht5-tts': 'speecht5-tts:base',
  vibevoice: 'vibevoice:realtime-0.5b',
  'qwen3-stt': 'qwen3-asr:0.6b',
  'qwen3-asr': 'qwen3-asr:0.6b',
  'qwen3-tts': 'qwen3-tts:0.6b',
  xtts: 'xtts:v2',
  'voxtral-stt': 'voxtral-stt:mini-3b',
  'voxtral-tts': 'voxtral-tts:4b',
  // Older references that V2 still takes.
  'voxtral:tts-4b': 'voxtral-tts:4b',
  'voxtral:mini-3b': 'voxtral-stt:mini-3b',
  'voxtral:small-24b': 'voxtral-stt:small-24b',
  'voxtral:24b': 'voxtral-stt:small-24b',
  'voxtral:realtime-4b': 'voxtral-stt:realtime-4b',
  'speecht5:asr': 'speecht5-stt:base',
  'speecht5:tts': 'speecht5-tts:base',
  'parakeet:tdt-0.6b': 'parakeet:tdt-0.6b-v2',
  'chatterbox:0.1.7': 'chatterbox-turbo:0.1.7',
};

/** Names of Vox 0.2.2, which carried the backend. */
const V1: Readonly<Record<string, string>> = {
  'parakeet-stt-onnx:tdt-0.6b-v3': 'parakeet:tdt-0.6b-v3',
  'parakeet-stt-nemo:tdt-1.1b': 'parakeet:tdt-1.1b',
  'kokoro-tts-onnx:v1.0': 'kokoro:v1.0',
  'kokoro-tts-torch:v1.0': 'kokoro:v1.0',
  'whisper-stt-ct2:large-v3': 'whisper:large-v3',
  'piper-tts-onnx:en-us-lessac-medium': 'piper:en-us-lessac-medium',
  'xtts-tts-torch:v2': 'xtts:v2',
  'fish-speech-tts-torch:v1.4': 'fish-speech:v1.4',
  'orpheus-tts-torch:3b': 'orpheus:medium-3b',
  'dia-tts-torch:1.6b': 'dia:1.6b',
  'sesame-tts-torch:csm-1b': 'sesame:csm-1b',
  'openvoice-tts-torch:v1': 'openvoice:v1',
  'voxtral-stt-torch:mini-3b': 'voxtral-stt:mini-3b',
  'voxtral-tts-vllm:4b': 'voxtral-tts:4b',
  'speecht5-tts-torch:base': 'speecht5-tts:base',
  'speecht5-stt-torch:base': 'speecht5-stt:base',
  'vibevoice-tts-torch:1.5b': 'vibevoice:1.5b',
  'qwen3-stt-torch:0.6b': 'qwen3-asr:0.6b',
  'qwen3-tts-torch:0.6b': 'qwen3-tts:0.6b',
};

/** Short names of ours. */
const OURS: Readonly<Record<string, string>> = {
  'whisper:latest': 'whisper:base.en',
  'whisper:large': 'whisper:large-v3',
  'whisper:turbo': 'whisper:large-v3-turbo',
  'piper-tts:en-us-joe-medium': 'piper:en-us-joe-medium',
  'piper:en_us-amy-low': 'piper:en-us-amy-low',
  'silero-vad': 'silero-vad:v5',
  'espeak-ng-data': 'espeak-ng-data:1.52',
  ffmpeg: 'ffmpeg:7',
};

test('every name of V1 and V2, with a tag and without, means an entry', () => {
  for (const [name, canonical] of Object.entries({ ...V2, ...V1, ...OURS })) {
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
  assert.match(message('parakeet:tdt'), /did you mean parakeet:tdt-/);
  assert.match(message('zzzzzzzz:1'), /vox search/);
  assert.throws(() => catalog.find('../etc'), /is not a model name/);
});

test('every entry is complete: names, licence, needs, and a hash for whatever a source delivers', () => {
  const references = new Set(BUILT_IN.map((entry) => entry.reference));
  const names = BUILT_IN.flatMap((entry) => [entry.reference, ...entry.aliases]);
  assert.equal(new Set(names).size, names.length, 'no two entries share a name');
  for (const entry of BUILT_IN) {
    const at = entry.reference;
    for (const name of [at, ...entry.aliases]) parseReference(name);
    assert.ok(entry.license.id && entry.description, at);
    for (const need of entry.needs) assert.ok(references.has(need), `${at} needs ${need}`);
    if (entry.unavailable !== undefined) {
      assert.deepEqual([entry.sources, entry.engine], [[], undefined], at);
      assert.equal(catalog.get(entry.unavailable.instead).unavailable, undefined, at);
      continue;
    }
    if (entry.engine === 'remote') assert.deepEqual([entry.sources, remoteFault(entry)], [[], undefined], at);
    else assert.ok(entry.sources.length > 0, at);
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

test('every voice of the publisher’s list is a Piper reference, at a pinned commit with size and MD5', () => {
  const voices = BUILT_IN.filter((entry) => entry.family === 'piper');
  assert.equal(voices.length, 176);
  const thorsten = catalog.get('piper:de-de-thorsten-medium');
  const [source] = thorsten.sources;
  assert.ok(source?.type === 'hf' && source.repository === 'rhasspy/piper-voices');
  assert.deepEqual(thorsten.languages, ['de']);
  assert.deepEqual(
    source.files.map((file) => file.paths),
    [
      ['de/de_DE/thorsten/medium/de_DE-thorsten-medium.onnx'],
      ['de/de_DE/thorsten/medium/de_DE-thorsten-medium.onnx.json'],
    ],
  );
  for (const entry of voices.filter((voice) => voice.minor))
    for (const one of entry.sources)
      for (const file of one.files) {
        assert.ok((file.size ?? 0) > 0, entry.reference);
        assert.match(file.md5 ?? '', /^[0-9a-f]{32}$/, entry.reference);
      }
  // A voice with an accent in its name, one with underscores, and one that may not be used commercially.
  assert.match(JSON.stringify(catalog.get('piper:pt-pt-tugao-medium').sources), /tugão/);
  assert.equal(catalog.get('piper:ca-es-upc-ona-x-low').reference, 'piper:ca-es-upc_ona-x_low');
  assert.equal(catalog.get('piper:en-us-ryan-high').license.nonCommercial, true);
});

test('search: words, kind, language, licence; companions and the many voices only when asked for', () => {
  const found = (query: Parameters<Catalog['search']>[0]) =>
    catalog.search(query).map((entry) => entry.reference);
  const all = found({});
  assert.ok(all.includes('whisper:base') && all.includes('orpheus:medium-3b'));
  assert.ok(!all.includes('silero-vad:v5') && !all.includes('piper:de-de-thorsten-low'));
  assert.deepEqual(found({ text: 'FFmpeg program' }), ['ffmpeg:7']);
  assert.deepEqual(found({ kind: 'vad' }), ['silero-vad:v5']);
  assert.deepEqual(found({ kind: 'turn' }), ['smart-turn:v3.2']);
  const german = found({ language: 'de-DE', kind: 'stt' });
  assert.ok(german.includes('whisper:base') && german.includes('canary:180m-flash'));
  assert.ok(!german.includes('whisper:base.en'));
  assert.ok(found({ text: 'piper', language: 'de' }).includes('piper:de-de-thorsten-medium'));
  assert.ok(found({ license: 'apache', kind: 'tts' }).includes('kokoro:v1.0'));
  assert.ok(found({ license: 'non-commercial' }).includes('spark:0.5b'));
});

test('models that run elsewhere: by the name of their servers, with the command that starts one', () => {
  const launch = (reference: string) => catalog.get(reference).parameters.launch;
  assert.equal(catalog.servedAs('qwen/qwen3-asr-1.7b')?.reference, 'qwen3-asr:1.7b');
  assert.equal(catalog.servedAs('Qwen/none'), undefined);
  assert.equal(
    launch('voxtral:realtime-4b'),
    `vllm serve mistralai/Voxtral-Mini-4B-Realtime-2602 --tokenizer-mode mistral --compilation_config '{"cudagraph_mode":"PIECEWISE"}'`,
  );
  assert.equal(launch('fish-speech'), 'vllm serve fishaudio/s2-pro --omni --port 8091');
  // The one that runs here keeps its name.
  assert.equal(catalog.get('qwen3-asr').engine, 'sherpa');
  assert.deepEqual(catalog.get('qwen3-asr:0.6b-vllm').needs, ['silero-vad:v5']);
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

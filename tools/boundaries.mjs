/**
 * Who may import whom (CONTRIBUTING.md, "The house"). Reads the imports of every source file; fails on one that the
 * table below does not allow, and on a cycle between files.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { filesUnder, ROOT } from './files.mjs';

/** A layer: its folder, and the layers it may import. `*` = all. Tests may import anything. */
const LAYERS = {
  'packages/contract': [],
  'packages/audio': ['packages/contract'],
  'packages/client': [],
  'engines/replay': ['packages/contract'],
  'engines/remote': ['packages/contract', 'packages/audio'],
  'engines/onnx': ['packages/contract', 'packages/audio'],
  'engines/sherpa': ['packages/contract', 'packages/audio'],
  'vox/bin': ['vox/cli'],
  'vox/app': ['*'],
  'vox/dialects': ['*'],
  'vox/cli': ['packages/client', 'packages/audio', 'vox/config', 'vox/app', 'vox/local', 'vox/observe'],
  // What the command line does to this machine itself, where a server need not run.
  'vox/local': [
    'vox/models',
    'vox/config',
    'vox/observe',
    'packages/contract',
    'packages/audio',
    'packages/client',
  ],
  'vox/schema': [],
  'vox/config': ['packages/contract'],
  'vox/protocols/openai': [
    'vox/runtime',
    'vox/protocols/openai-shapes',
    'vox/transport',
    'vox/schema',
    'vox/guard',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  // What OpenAI's HTTP and Realtime have in common; no protocol of its own.
  'vox/protocols/openai-shapes': ['packages/contract'],
  'vox/protocols/stt-ws': ['vox/runtime', 'vox/transport', 'vox/observe', 'packages/contract'],
  'vox/protocols/t-one': [
    'vox/runtime',
    'vox/transport',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  'vox/protocols/yap': ['vox/runtime', 'vox/transport', 'vox/guard', 'vox/observe', 'packages/contract'],
  'vox/protocols/wyoming': [
    'vox/runtime',
    'vox/transport',
    'vox/guard',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  'vox/protocols/realtime': [
    'vox/runtime',
    'vox/protocols/openai-shapes',
    'vox/transport',
    'vox/schema',
    'vox/guard',
    'vox/observe',
    'packages/contract',
  ],
  'vox/protocols/deepgram': [
    'vox/runtime',
    'vox/transport',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  'vox/protocols/elevenlabs': [
    'vox/runtime',
    'vox/transport',
    'vox/schema',
    'vox/observe',
    'packages/contract',
  ],
  'vox/protocols/api-pages': ['vox/transport', 'packages/contract'],
  'vox/protocols/vox-streams': [
    'vox/runtime',
    'vox/protocols/vox-shapes',
    'vox/transport',
    'vox/schema',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  // What the originals' HTTP, WebSockets and gRPC have in common; no protocol of its own.
  'vox/protocols/vox-shapes': ['vox/runtime', 'packages/contract'],
  'vox/protocols/grpc': [
    'vox/runtime',
    'vox/transport',
    'vox/observe',
    'vox/protocols/vox-shapes',
    'packages/contract',
    'packages/audio',
  ],
  'vox/protocols/vox-native': [
    'vox/runtime',
    'vox/protocols/vox-shapes',
    'vox/transport',
    'vox/schema',
    'vox/guard',
    'vox/observe',
    'packages/contract',
    'packages/audio',
  ],
  'vox/protocols/prometheus': ['vox/observe'],
  'vox/transport': ['vox/observe', 'vox/schema', 'packages/contract', 'packages/audio'],
  'vox/guard': ['vox/observe', 'packages/contract'],
  'vox/observe': [],
  'vox/sessions': ['vox/scheduler', 'vox/host', 'vox/messages', 'vox/text', 'packages/contract'],
  'vox/voices': ['packages/contract', 'packages/audio'],
  'vox/runtime': [
    'vox/observe',
    'vox/voices',
    'vox/sessions',
    'vox/scheduler',
    'vox/host',
    'vox/models',
    'vox/messages',
    'vox/text',
    'packages/contract',
    'packages/audio',
  ],
  // Sentences and abbreviations: pure.
  'vox/text': [],
  'vox/scheduler': ['vox/host', 'vox/models', 'vox/messages', 'packages/contract'],
  'vox/host': ['vox/messages', 'packages/contract'],
  'vox/messages': ['packages/contract'],
  'vox/models': ['vox/schema', 'packages/contract', 'packages/audio'],
  'vox/runner': ['vox/messages', 'vox/text', 'packages/contract', 'packages/audio'],
};

/** Only these may look at the environment: the table of settings, and the places that start programs with it. */
const MAY_READ_ENVIRONMENT = [
  /^packages\/vox\/src\/(config|cli|app)/,
  /^packages\/vox\/src\/bin\.ts$/,
  /^packages\/vox\/src\/host\/process\.ts$/,
];

const PACKAGES = {
  '@vox-speech/contract': 'packages/contract',
  '@vox-speech/audio': 'packages/audio',
  '@vox-speech/client': 'packages/client',
  '@vox-speech/engine-onnx': 'engines/onnx',
  '@vox-speech/engine-sherpa': 'engines/sherpa',
  '@vox-speech/engine-replay': 'engines/replay',
  '@vox-speech/engine-remote': 'engines/remote',
};

/** Types that cross a boundary where values may not: the scheduler's proxies are typed by what they stand for. */
function layerOf(file) {
  if (file === 'packages/vox/src/protocols/openapi.test.ts') return 'vox/protocols/api-pages';
  const inVox = file.match(/^packages\/vox\/src\/(.*)$/)?.[1];
  if (inVox === undefined) return Object.keys(LAYERS).find((layer) => file.startsWith(`${layer}/`));
  const parts = inVox.split('/');
  if (parts.length === 1) return `vox/${parts[0].replace(/\.ts$/, '')}`;
  return parts[0] === 'protocols' ? `vox/protocols/${parts[1]}` : `vox/${parts[0]}`;
}

const files = filesUnder('packages', /\.ts$/)
  .concat(filesUnder('engines', /\.ts$/))
  .filter((file) => file.includes('/src/'));
const known = new Set(files);
const graph = new Map();
const faults = [];

for (const file of files) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const isTest = /[.-]test[.-]support\.ts$|\.test\.ts$/.test(file);
  const from = layerOf(file);
  if (from === undefined || LAYERS[from] === undefined) {
    faults.push(`${file}: in no layer of tools/boundaries.mjs`);
    continue;
  }
  if (!isTest && /process\.env/.test(text) && !MAY_READ_ENVIRONMENT.some((place) => place.test(file))) {
    faults.push(`${file}: reads process.env; take the value as a parameter from config`);
  }
  const targets = [];
  for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)) {
    const target = specifier.startsWith('.')
      ? posix.join(dirname(file), specifier).replace(/\.js$/, '.ts')
      : Object.entries(PACKAGES).find(
          ([name]) => specifier === name || specifier.startsWith(`${name}/`),
        )?.[1];
    if (target === undefined) continue;
    if (known.has(target)) targets.push(target);
    const to = known.has(target) ? layerOf(target) : target;
    if (isTest || to === from || LAYERS[from].includes('*') || LAYERS[from].includes(to)) continue;
    faults.push(`${file}: ${from} may not import ${to} (${specifier})`);
  }
  graph.set(file, targets);
}

const state = new Map();
const visit = (file, path) => {
  if (state.get(file) === 'done') return;
  if (state.get(file) === 'open') {
    faults.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    return;
  }
  state.set(file, 'open');
  for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
  state.set(file, 'done');
};
for (const file of files) visit(file, []);

for (const fault of faults) console.error(fault);
console.log(`boundaries: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

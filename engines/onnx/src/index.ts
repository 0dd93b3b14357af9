/** The ONNX Runtime engine, for models of which more is needed than sherpa tells. Importing this imports no native code; `load` does. */
import { type Engine, type LoadOptions, loaderOf, type Model, type ModelFiles } from '@vox-speech/contract';
import { loadRuntime, type OpenGraph, probeRuntime, Session } from './runtime/index.js';
import { loadSilero } from './silero/model.js';
import { loadTone } from './tone.js';
import { loadWhisper } from './whisper/model.js';

/** Throws VoxError `engine_missing`. */
function opener(): OpenGraph {
  const runtime = loadRuntime();
  return (path, threads) => Session.open(runtime, path, threads);
}

/** Architecture to loader: a new family of models is a row here. The sherpa engine has the recognisers too. */
const FAMILIES: Readonly<Record<string, (files: ModelFiles, options: LoadOptions) => Promise<Model>>> = {
  'tone-ctc': (files, options) => loadTone(opener(), files, options),
  whisper: (files, options) => loadWhisper(loadRuntime(), files, options),
  'silero-vad': (files) => loadSilero(opener(), files),
};

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'onnx',
  probe: probeRuntime,
  loadLibrary() {
    loadRuntime();
  },
  async load(files, options) {
    return loaderOf('onnx', FAMILIES, files)(files, options);
  },
};

export default engine;

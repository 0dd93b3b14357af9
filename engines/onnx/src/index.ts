/** The ONNX Runtime engine, for models of which more is needed than sherpa tells. Importing this imports no native code; `load` does. */
import { type Engine, VoxError } from '@vox-speech/contract';
import { loadNative, probeNative } from './native.js';
import { loadTone } from './tone.js';

/** The family of T-one, as the sherpa engine has it too. */
const TONE = 'tone-ctc';

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'onnx',
  probe: probeNative,
  loadLibrary() {
    loadNative();
  },
  async load(files, options) {
    if (files.family !== TONE)
      throw new VoxError('engine_missing', `the onnx engine has no family '${files.family}'; it has ${TONE}`);
    return loadTone(loadNative(), files, options);
  },
};

export default engine;

/** The sherpa-onnx engine. Importing this imports no native code; `load` does. */
import { type Engine, VoxError } from '@vox-speech/contract';
import { FAMILIES } from './families.js';
import { loadNative, probeNative } from './native.js';

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'sherpa',
  probe: probeNative,
  loadLibrary() {
    loadNative();
  },
  async load(files, options) {
    const load = FAMILIES[files.family];
    if (load === undefined)
      throw new VoxError(
        'engine_missing',
        `the sherpa engine has no family '${files.family}'; it has ${Object.keys(FAMILIES).join(', ')}. Where another Vox pulled it, pull it again: vox pull ${files.reference}`,
      );
    return load(loadNative(), files, options);
  },
};

export default engine;

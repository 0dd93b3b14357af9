/** The sherpa-onnx engine. Importing this imports no native code; `load` does. */
import { type Engine, loaderOf } from '@vox-speech/contract';
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
    return loaderOf('sherpa', FAMILIES, files)(loadNative(), files, options);
  },
};

export default engine;

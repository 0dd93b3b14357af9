/** An engine as a module of its own, for a runner to import: it hears numbers and speaks tones. */
import { type Engine, type Model, VoxError } from '@vox-speech/contract';
import { detector, listener, STT } from './fake-model.test-support.js';

const speaker: Model = {
  info: { ...STT, kind: 'tts', sampleRate: 16_000, voices: [{ id: 'default', name: 'default' }] },
  memory: () => ({ bytes: 7 }),
  async *synthesize(text) {
    if (text.includes('explode')) throw new Error('boom');
    yield { samples: new Float32Array(16_000).fill(0.25), sampleRate: 16_000 };
  },
  close: async () => {},
};

const engine: Engine = {
  specificationVersion: 'v1',
  name: 'test',
  probe: () => ({ available: true }),
  async load(files) {
    if (files.family === 'broken') throw new VoxError('model_broken', 'it is broken');
    if (files.family === 'tts') return speaker;
    if (files.family === 'silero-vad') return { ...listener(), openDetector: detector };
    return listener();
  },
};

export default engine;

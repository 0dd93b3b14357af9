export { FrameDecoder } from './frames.js';
export { ALAW_TO_INT16, encodeAlaw, encodeMulaw, MULAW_TO_INT16 } from './g711.js';
export { OggOpusWriter } from './ogg-opus-writer.js';
export { OggPackets } from './ogg-packets.js';
export {
  decodeToMono,
  encodeSamples,
  floatToInt16,
  int16ToFloat,
  joinSamples,
  rootMeanSquare,
  SAMPLE_BYTES,
  type SampleEncoding,
  toMono,
} from './pcm.js';
export { type RawEncoding, type RawFormat, type RawType, rawTypeOf } from './raw-format.js';
export { Resampler, resample } from './resample.js';
export { type Container, SNIFF_BYTES, STREAM_FORMATS, type StreamFormat, sniff } from './sniff.js';
export { statedRate } from './stated-rate.js';
export { WavDecoder } from './wav-decoder.js';
export { MAX_CHANNELS, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, type WavFormat } from './wav-format.js';
export { isReadableWav, isWav, type WavHeader, WavHeaderParser } from './wav-header.js';
export { encodeWav, type WavHeaderOptions, wavHeader } from './wav-writer.js';

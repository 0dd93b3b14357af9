export { type AudioFileOptions, countChannels, readAudioFile } from './audio-file.js';
export { type DecodeOptions, decodeToPcm16 } from './decode.js';
export {
  openStreamDecoder,
  type StreamDecodeOptions,
  type StreamDecoder,
} from './decode-stream.js';
export { type EncodedFormat, type EncodeOptions, type Encoder, encodeStream } from './encode.js';
export { type FindFfmpegOptions, ffmpegMissing, findFfmpeg } from './find-ffmpeg.js';
export { GrowingFile } from './growing.js';

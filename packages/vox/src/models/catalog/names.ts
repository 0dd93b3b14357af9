/** Names of model families: the short one is canonical; those of Vox V1 and V2 mean the same. */

export interface FamilyName {
  readonly name: string;
  /** What older versions called it. */
  readonly aliases: readonly string[];
  /** The tag that the bare name, or `latest`, stands for. */
  readonly defaultTag: string;
}

export const FAMILY_NAMES: readonly FamilyName[] = [
  { name: 'whisper', aliases: ['whisper-stt', 'whisper-stt-ct2'], defaultTag: 'base.en' },
  { name: 'kokoro', aliases: ['kokoro-tts', 'kokoro-tts-onnx', 'kokoro-tts-torch'], defaultTag: 'v1.0' },
  { name: 'piper', aliases: ['piper-tts', 'piper-tts-onnx'], defaultTag: 'en-us-lessac-medium' },
  { name: 'silero-vad', aliases: [], defaultTag: 'v5' },
  { name: 'espeak-ng-data', aliases: [], defaultTag: '1.52' },
  { name: 'onnxruntime', aliases: [], defaultTag: '1.31' },
  { name: 'ffmpeg', aliases: [], defaultTag: '7' },
];

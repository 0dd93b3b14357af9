/** Names of model families: the short one is canonical; those of Vox V1 and V2 mean the same. */

export interface FamilyName {
  readonly name: string;
  /** What older versions called it. */
  readonly aliases: readonly string[];
  /** The tag that the bare name, or `latest`, stands for. */
  readonly defaultTag: string;
  /** Another family that the bare name stands for: Vox 0.2 moved some names to a newer model and left the old one. */
  readonly bare?: string;
}

/** A family whose aliases are its name with what older versions put behind it. */
function family(name: string, defaultTag: string, endings: string, more: readonly string[] = []): FamilyName {
  const aliases = endings === '' ? [] : endings.split(' ').map((ending) => `${name}-${ending}`);
  return { name, aliases: [...aliases, ...more], defaultTag };
}

export const FAMILY_NAMES: readonly FamilyName[] = [
  family('whisper', 'base.en', 'stt stt-ct2'),
  family('parakeet', 'tdt-0.6b-v3', 'stt stt-onnx stt-nemo'),
  family('moonshine', 'tiny.en', 'stt'),
  family('sensevoice', 'small', 'stt'),
  family('canary', '180m-flash', 'stt'),
  family('t-one', 'ru', '', ['tone']),
  family('zipformer', 'en', ''),
  family('fastconformer', 'en-480ms', ''),
  family('paraformer', 'zh-en', ''),
  family('qwen3-asr', '0.6b', '', ['qwen3-stt', 'qwen3-stt-torch']),
  family('kokoro', 'v1.0', 'tts tts-onnx tts-torch'),
  family('piper', 'en-us-lessac-medium', 'tts tts-onnx'),
  family('matcha', 'en-us-ljspeech', 'tts'),
  family('kitten', 'nano', 'tts'),
  family('supertonic', '3', 'tts'),
  family('pocket', 'en', 'tts'),
  family('zipvoice', 'zh-en', 'tts'),
  family('voxtral-stt', 'mini-3b', 'torch'),
  family('voxtral-tts', '4b', 'vllm'),
  family('speecht5-stt', 'base', 'torch'),
  family('speecht5-tts', 'base', 'torch'),
  { ...family('chatterbox-tts', '0.1.7', ''), bare: 'chatterbox-turbo' },
  family('chatterbox-turbo', '0.1.7', '', ['chatterbox', 'chatterbox-tts-turbo']),
  family('chatterbox-multilingual', '0.1.7', '', ['chatterbox-tts-multilingual']),
  family('cosyvoice2', '0.5b', 'tts', ['cosyvoice', 'cosyvoice-tts']),
  family('orpheus', 'medium-3b', 'tts tts-torch tts-vllm'),
  family('dia', '1.6b', 'tts tts-torch'),
  family('sesame', 'csm-1b', 'tts tts-torch'),
  family('indextts', '2', 'tts'),
  family('openvoice', 'v1', 'tts tts-torch'),
  family('spark', '0.5b', 'tts'),
  family('neutts-air', 'air', 'tts', ['neutts', 'neutts-tts']),
  family('vibevoice', 'realtime-0.5b', 'tts tts-torch'),
  family('qwen3-tts', '0.6b', 'torch'),
  family('xtts', 'v2', 'tts tts-torch'),
  family('step-audio-editx', '3b-awq', 'tts'),
  family('fish-speech', 's2-pro', 'tts-torch'),
  family('smart-turn', 'v3.2', ''),
  family('diarization', 'campplus', ''),
  family('silero-vad', 'v5', ''),
  family('espeak-ng-data', '1.52', ''),
  family('ffmpeg', '7', ''),
  family('onnxruntime', '1.31', ''),
];

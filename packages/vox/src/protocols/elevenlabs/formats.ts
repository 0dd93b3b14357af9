/** `output_format`: codec, rate and bit rate in one word, e.g. `mp3_44100_128`. Pure. */
import { VoxError, type Warning } from '@vox-speech/contract';

export interface OutputFormat {
  readonly format: 'mp3' | 'pcm' | 'wav' | 'opus' | 'mulaw' | 'alaw';
  /** Hz; absent = the encoder's own. */
  readonly sampleRate?: number;
  readonly warnings: readonly Warning[];
}

/** ElevenLabs' default. */
const DEFAULT = 'mp3_44100_128';

/** Codecs, and the rates that each may have, in Hz (ElevenLabs' API reference, `output_format`, November 2026). */
const CODECS: Readonly<Record<string, { format: OutputFormat['format']; rates: readonly number[] }>> = {
  mp3: { format: 'mp3', rates: [22_050, 24_000, 44_100] },
  pcm: { format: 'pcm', rates: [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] },
  wav: { format: 'wav', rates: [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] },
  opus: { format: 'opus', rates: [48_000] },
  ulaw: { format: 'mulaw', rates: [8_000] },
  alaw: { format: 'alaw', rates: [8_000] },
};
/** Bit rates that the encoders have, in kbit/s. */
const BIT_RATES: Readonly<Record<string, number>> = { mp3: 128, opus: 64 };

/**
 * @param text '' = the default
 * @throws VoxError `invalid_request` naming `output_format`
 */
export function readFormat(text: string): OutputFormat {
  const [, codec = '', rate = '', bitRate] = /^([a-z0-9]+)_(\d+)(?:_(\d+))?$/.exec(text || DEFAULT) ?? [];
  const row = Object.hasOwn(CODECS, codec) ? CODECS[codec] : undefined;
  const sampleRate = Number(rate);
  if (row === undefined || !row.rates.includes(sampleRate)) {
    const allowed = Object.entries(CODECS).map(([name, { rates }]) => `${name}_${rates.join(`, ${name}_`)}`);
    throw new VoxError(
      'invalid_request',
      `output_format must be one of ${allowed.join(', ')} (mp3 and opus with a bit rate behind); got ${JSON.stringify(text.slice(0, 40))}`,
      { param: 'output_format' },
    );
  }
  const made = BIT_RATES[codec];
  const adjusted: Warning = {
    type: 'adjusted',
    option: 'output_format',
    message: `${codec} is encoded with ${made} kbit/s`,
  };
  return {
    format: row.format,
    // Opus knows one rate only, and the encoder goes there by itself.
    ...(row.format === 'opus' ? {} : { sampleRate }),
    warnings: made === undefined || bitRate === undefined || Number(bitRate) === made ? [] : [adjusted],
  };
}

/** When a turn ends and when a voice may be interrupted: the original's settings, their defaults and its profiles. */
import { VoxError } from '@vox-speech/contract';

export interface TurnPolicy {
  readonly allow_interrupt_while_speaking: boolean;
  readonly min_interrupt_duration_ms: number;
  readonly max_endpointing_delay_ms: number;
  readonly stable_speaking_min_ms: number;
  readonly false_interruption_timeout_ms: number;
  readonly min_interrupt_words: number;
  readonly partial_interrupts: boolean;
  readonly dynamic_endpointing: boolean;
  readonly min_endpointing_delay_ms: number;
  readonly speaking_interrupt_min_duration_ms: number;
  readonly speaking_interrupt_min_words: number;
  readonly self_echo_min_words: number;
  readonly self_echo_min_overlap: number;
  readonly aec_warmup_ms: number;
  readonly backchannel_end_cooldown_ms: number;
  readonly vad_min_silence_ms: number;
}

const DEFAULTS: TurnPolicy = {
  allow_interrupt_while_speaking: true,
  min_interrupt_duration_ms: 250,
  max_endpointing_delay_ms: 3000,
  stable_speaking_min_ms: 150,
  false_interruption_timeout_ms: 2000,
  min_interrupt_words: 0,
  partial_interrupts: true,
  dynamic_endpointing: true,
  min_endpointing_delay_ms: 400,
  speaking_interrupt_min_duration_ms: 500,
  speaking_interrupt_min_words: 2,
  self_echo_min_words: 3,
  self_echo_min_overlap: 0.7,
  aec_warmup_ms: 750,
  backchannel_end_cooldown_ms: 1500,
  vad_min_silence_ms: 1000,
};

/** What a profile says otherwise; null = the default. In the order of `PROFILE_FIELDS`. */
const PROFILES: Readonly<Record<string, readonly (number | null)[]>> = {
  default: [],
  browser_default: [220, 140, 1700, 350, 420, 2, 3, 0.72, 900, 1600, 800],
  headset: [180, 100, 1200, 300, 250, 1, null, null, 250, 900, 600],
  speakerphone: [260, 180, 1900, 450, 520, 2, 2, 0.82, 1100, 1800, null],
  noisy_room: [320, 220, 2400, 700, 700, 2, 3, 0.78, 900, 2200, 1200],
};
const PROFILE_FIELDS = [
  'min_interrupt_duration_ms',
  'stable_speaking_min_ms',
  'false_interruption_timeout_ms',
  'min_endpointing_delay_ms',
  'speaking_interrupt_min_duration_ms',
  'speaking_interrupt_min_words',
  'self_echo_min_words',
  'self_echo_min_overlap',
  'aec_warmup_ms',
  'backchannel_end_cooldown_ms',
  'vad_min_silence_ms',
] as const;
const ALIASES: Readonly<Record<string, string>> = {
  '': 'default',
  browser: 'browser_default',
  web: 'browser_default',
  headphones: 'headset',
  speaker: 'speakerphone',
  loudspeaker: 'speakerphone',
  noisy: 'noisy_room',
};

/** Silence that ends a turn, in ms, is kept within these: no less is heard as one, and nobody waits longer. */
const SILENCE_MS = { least: 100, most: 10_000 };

/**
 * The policy of a session: the profile's, with what the client sets itself.
 * @throws VoxError `invalid_request` for a profile that is none
 */
export function turnPolicy(
  profile: string,
  own: Partial<TurnPolicy> | null,
): { profile: string; policy: TurnPolicy } {
  const name = ALIASES[profile] ?? profile;
  const values = PROFILES[name];
  if (values === undefined)
    throw new VoxError(
      'invalid_request',
      `turn_profile: expected one of ${Object.keys(PROFILES).join(', ')}; got '${profile.slice(0, 60)}'`,
      { param: 'turn_profile' },
    );
  const ofProfile = Object.fromEntries(
    PROFILE_FIELDS.flatMap((field, i) => (values[i] == null ? [] : [[field, values[i]]])),
  );
  const given = Object.fromEntries(Object.entries(own ?? {}).filter(([field]) => field in DEFAULTS));
  const policy = { ...DEFAULTS, ...ofProfile, ...given } as TurnPolicy;
  const silence = Math.min(SILENCE_MS.most, Math.max(SILENCE_MS.least, policy.vad_min_silence_ms));
  return { profile: name, policy: { ...policy, vad_min_silence_ms: silence } };
}

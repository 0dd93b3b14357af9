/** Does each channel carry a voice of its own? */
import { activeAbove, amplitude, Correlation, FRAMES_PER_SECOND, type Levels } from './channel-levels.js';

/** dB by which a channel is louder than every other where it carries its own voice. */
const OWN_DB = 6;
/** A channel has a voice of its own where it leads for so many frames, and for this share of the active ones. */
const OWN_FRAMES = 0.4 * FRAMES_PER_SECOND;
const OWN_SHARE = 0.02;
/**
 * Channels whose loudness goes up and down together are one sound on several channels: a copy is 1, a film's or a room's
 * stereo 0.9 and more, two telephones well below 0.5.
 */
const SAME = 0.8;

/**
 * True where at least two channels lead for a while and do not go up and down together: a call with a party on each. False
 * for one channel, for copies of one, for stereo of one scene, and where only one channel has sound.
 */
export function carryOwnVoices(channels: readonly Levels[]): boolean {
  const threshold = activeAbove(channels);
  const frames = channels[0]?.length ?? 0;
  const leads = channels.map(() => 0);
  let active = 0;
  for (let frame = 0; frame < frames; frame++) {
    const levels = channels.map((levels) => levels[frame] ?? 0);
    const loudest = Math.max(...levels);
    if (loudest <= threshold) continue;
    active += 1;
    const leader = levels.indexOf(loudest);
    if (levels.every((level, channel) => channel === leader || level <= loudest - OWN_DB))
      leads[leader] = (leads[leader] ?? 0) + 1;
  }
  const enough = Math.max(OWN_FRAMES, OWN_SHARE * active);
  const voices = channels.filter((_, channel) => (leads[channel] ?? 0) >= enough);
  return voices.some((one, at) => voices.slice(at + 1).some((other) => !together(one, other, threshold)));
}

function together(one: Levels, other: Levels, threshold: number): boolean {
  const alike = new Correlation();
  one.forEach((level, frame) => {
    const second = other[frame] ?? level;
    if (Math.max(level, second) > threshold) alike.add(amplitude(level), amplitude(second));
  });
  return alike.value >= SAME;
}

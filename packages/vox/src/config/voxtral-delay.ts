/** The delay of Voxtral Realtime, which is a setting of its dialect and of its engine. */
import { VoxError } from '@vox-speech/contract';
import { integer, type Reader } from './values.js';

/** One step of Voxtral, in ms. */
const STEP_MS = 80;
const DELAY = { min: 80, max: 2400 };

export const DELAY_SYNTAX = `${DELAY.min} to ${DELAY.max}, a multiple of ${STEP_MS}`;

/** A multiple of 80 ms from 80 to 2400 (yap.md section 4). Throws VoxError `invalid_request` for anything else. */
export const voxtralDelay: Reader<number> = (value, machine) => {
  const ms = integer(DELAY.min, DELAY.max)(value, machine);
  if (ms % STEP_MS !== 0)
    throw new VoxError(
      'invalid_request',
      `expected a multiple of ${STEP_MS} from ${DELAY.min} to ${DELAY.max}`,
    );
  return ms;
};

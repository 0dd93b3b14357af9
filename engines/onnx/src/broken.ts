/** The error for files that can't be loaded. */
import { type ModelFiles, VoxError } from '@vox-speech/contract';

/** Code `model_broken`; the message says how to get good files. @param what is wrong, and with which file */
export function broken({ reference }: ModelFiles, what: string, cause?: unknown): VoxError {
  return new VoxError(
    'model_broken',
    `${reference} cannot be loaded: ${what}. Pull it again: vox rm ${reference} && vox pull ${reference}`,
    cause === undefined ? {} : { cause },
  );
}

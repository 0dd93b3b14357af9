/** Languages of a streaming model, whose files don't say them: the catalog's parameter `languages` does. */
import type { ModelFiles } from '@vox-speech/contract';
import { broken } from './model-files.js';

/**
 * ISO 639-1 codes of the parameter `languages` (separated by commas); none where it is absent.
 * @throws VoxError `model_broken`
 */
export function languagesOf(files: ModelFiles): readonly string[] {
  const { languages = '' } = files.parameters;
  const codes = String(languages)
    .split(',')
    .map((code) => code.trim())
    .filter((code) => code !== '');
  const odd = codes.find((code) => !/^[a-z]{2,3}$/.test(code));
  if (odd !== undefined) throw broken(files, `its parameter languages names '${odd}', which is no code`);
  return codes;
}

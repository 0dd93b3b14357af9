/** What the runtime says of a request, in the names of OpenAI's fields: those of its HTTP and Realtime. Pure. */
import type { Warning } from '@vox-speech/contract';

const FIELDS: Readonly<Record<string, string>> = {
  hotwords: 'keywords',
  scores: 'include',
};

/** The same warnings, about fields that the client knows. */
export function inOurFields(warnings: readonly Warning[]): Warning[] {
  return warnings.map((warning) => {
    const field = FIELDS[warning.option ?? ''];
    return field === undefined ? warning : { ...warning, option: field };
  });
}

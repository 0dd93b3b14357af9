/** Warnings of a request as one header, because most answers have no place for them in their body. */
import type { Warning } from '@vox-speech/contract';

export const WARNING_HEADER = 'x-vox-warning';
/** Longer is cut: proxies refuse long headers. */
const MAX_LENGTH = 1000;

/** `{}` without warnings; else the header, in ASCII, `; ` between them. */
export function warningHeader(warnings: readonly Warning[]): Record<string, string> {
  if (warnings.length === 0) return {};
  const text = warnings
    .map(({ option, message }) => (option === undefined ? message : `${option}: ${message}`))
    .join('; ')
    .replace(/[^\x20-\x7e]/g, '?');
  return { [WARNING_HEADER]: text.slice(0, MAX_LENGTH) };
}

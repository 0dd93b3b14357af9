/** SSML to the words in it. Pauses, speeds and pronunciations are left out: no voice here takes them. Pure. */
import { VoxError } from '@vox-speech/contract';

/** `<sub alias="World Wide Web">WWW</sub>`: what is to be said stands in the alias. */
const SUBSTITUTE = /<sub\b([^<>]*)>[^<]*<\/sub\s*>/gi;
const ALIAS = /\balias\s*=\s*(?:"([^"]*)"|'([^']*)')/i;
const INSTRUCTION = /<\?[^<>]*\?>/g;
const PARAGRAPH = /<\/?p\b[^<>]*>/gi;
/** Tags that part the words around them; others may stand within a word. */
const GAP = /<\/?(?:break|s|audio|desc)\b[^<>]*>/gi;
const TAG = /<\/?[a-z][^<>]*>/gi;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LAST_CODE_POINT = 0x10ffff;

/** @throws VoxError `invalid_request` where a `<` begins no tag */
export function textOfSsml(ssml: string): string {
  const text = withoutRemarks(ssml)
    .replace(INSTRUCTION, ' ')
    .replace(SUBSTITUTE, substitute)
    .replace(PARAGRAPH, '\n\n')
    .replace(GAP, ' ')
    .replace(TAG, '');
  if (text.includes('<'))
    throw new VoxError('invalid_request', 'text is no SSML: write a < that begins no tag as &lt;', {
      param: 'text',
    });
  return text
    .replace(ENTITY, decoded)
    .replace(/[^\S\n]+/g, ' ')
    .trim();
}

/** Without `<!-- ... -->`. Not by a pattern: one that looks for the end from each beginning takes minutes of a text of beginnings. */
function withoutRemarks(ssml: string): string {
  const kept: string[] = [];
  let at = 0;
  for (let from = ssml.indexOf('<!--'); from >= 0; from = ssml.indexOf('<!--', at)) {
    const end = ssml.indexOf('-->', from + 4);
    if (end < 0) break;
    kept.push(ssml.slice(at, from));
    at = end + 3;
  }
  return [...kept, ssml.slice(at)].join(' ');
}

function substitute(element: string, attributes: string): string {
  const alias = ALIAS.exec(attributes);
  return alias === null ? element : ` ${alias[1] ?? alias[2] ?? ''} `;
}

function decoded(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0 && code <= LAST_CODE_POINT ? String.fromCodePoint(code) : entity;
}

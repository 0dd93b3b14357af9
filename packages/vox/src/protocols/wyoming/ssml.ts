/** SSML to the words in it. Pauses, speeds and pronunciations are left out: no voice here takes them. Pure. */
import { VoxError } from '@vox-speech/contract';

/** `<sub alias="World Wide Web">WWW</sub>`: what is to be said stands in the alias. */
const SUBSTITUTE = /<sub\b[^<>]*\balias\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')[^<>]*>[^<]*<\/sub\s*>/gi;
const REMARK = /<!--[\s\S]*?-->|<\?[^<>]*\?>/g;
const PARAGRAPH = /<\/?p\b[^<>]*>/gi;
/** Tags that part the words around them; others may stand within a word. */
const GAP = /<\/?(?:break|s|audio|desc)\b[^<>]*>/gi;
const TAG = /<\/?[a-z][^<>]*>/gi;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LAST_CODE_POINT = 0x10ffff;

/** @throws VoxError `invalid_request` where a `<` begins no tag */
export function textOfSsml(ssml: string): string {
  const text = ssml
    .replace(REMARK, ' ')
    .replace(SUBSTITUTE, (_, double?: string, single?: string) => ` ${double ?? single ?? ''} `)
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

function decoded(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0 && code <= LAST_CODE_POINT ? String.fromCodePoint(code) : entity;
}

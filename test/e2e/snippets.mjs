/** The examples in the documentation, so that tests run what people copy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/files.mjs';

/** Where the examples expect the server. */
const ADDRESS = '://127.0.0.1:11435';

/** The blocks of a language in a page of this repository, in order, with the address of a server that runs. */
export function snippets(page, language, serverUrl) {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  const socketUrl = serverUrl.replace(/^http/, 'ws');
  return blocks.map(([, block]) =>
    block.replaceAll(`http${ADDRESS}`, serverUrl).replaceAll(`ws${ADDRESS}`, socketUrl),
  );
}

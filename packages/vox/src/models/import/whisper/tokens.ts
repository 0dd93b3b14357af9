/** The token list of a Whisper checkpoint: which numbers are special, and the file from which the engine turns numbers into text. */
import { readFile, writeFile } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { z } from 'zod';
import { readJson } from '../files.js';

export interface Vocabulary {
  /** Text tokens in the byte alphabet of GPT-2, by number. */
  readonly text: ReadonlyMap<number, string>;
  /** Special tokens such as `<|endoftext|>`, with their numbers. */
  readonly special: ReadonlyMap<string, number>;
}

const TOKENIZER = z.object({
  added_tokens: z.array(z.object({ id: z.number().int(), content: z.string() })),
  model: z.object({ vocab: z.record(z.string(), z.number().int()) }),
});
const VOCABULARY = z.array(z.string());
const SPECIAL = /^<\|.*\|>$/;

/**
 * The vocabulary from whichever file the checkpoint has: `tokenizer.json`, else `vocabulary.json` or `vocabulary.txt`,
 * where a token's place is its number. Throws VoxError `model_broken` when there is none or it can't be read.
 */
export async function readVocabulary(files: Readonly<Record<string, string>>): Promise<Vocabulary> {
  const { 'tokenizer.json': tokenizer, 'vocabulary.json': list, 'vocabulary.txt': lines } = files;
  if (tokenizer !== undefined) {
    const { added_tokens: added, model } = await readJson(tokenizer, TOKENIZER);
    const special = new Map(added.map((token) => [token.content, token.id]));
    const numbers = new Set(special.values());
    const text = new Map<number, string>();
    for (const [token, id] of Object.entries(model.vocab)) if (!numbers.has(id)) text.set(id, token);
    return { text, special };
  }
  if (list !== undefined) return fromList(await readJson(list, VOCABULARY));
  if (lines !== undefined)
    return fromList((await readFile(lines, 'utf8')).replace(/\r?\n$/, '').split(/\r?\n/));
  throw new VoxError(
    'model_broken',
    'none of tokenizer.json, vocabulary.json, vocabulary.txt came with the model',
  );
}

function fromList(tokens: readonly string[]): Vocabulary {
  const text = new Map<number, string>();
  const special = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (SPECIAL.test(token)) special.set(token, id);
    else text.set(id, token);
  });
  return { text, special };
}

/**
 * GPT-2 writes every byte as a printable character: itself where it is one, else one from 256 on.
 * Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py (`bytes_to_unicode`).
 */
function byteAlphabet(): ReadonlyMap<string, number> {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const alphabet = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++)
    alphabet.set(String.fromCodePoint(printable(byte) ? byte : next++), byte);
  return alphabet;
}

/** Writes `tokens.txt`: a line for each text token, its bytes in base64 and its number, by number. */
export async function writeTokens(path: string, vocabulary: Vocabulary): Promise<void> {
  const alphabet = byteAlphabet();
  const lines = [...vocabulary.text]
    .sort(([a], [b]) => a - b)
    .map(([id, token]) => {
      const bytes = Array.from(token, (character) => alphabet.get(character) ?? -1);
      if (bytes.includes(-1))
        throw new VoxError(
          'model_broken',
          `token ${id} (${JSON.stringify(token)}) is not in the byte alphabet of GPT-2`,
        );
      return `${Buffer.from(bytes).toString('base64')} ${id}\n`;
    });
  await writeFile(path, lines.join(''), { flag: 'wx' });
}

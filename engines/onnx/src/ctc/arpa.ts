/**
 * Reads a language model of words in the ARPA format, a line at a time, and scores words by back-off, as KenLM does.
 * Format: http://www.speech.sri.com/projects/srilm/manpages/ngram-format.5.html
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type LanguageModel, type Scored, START, UNKNOWN } from './language-model.js';

/** Log10 probability of an unknown word where the model states none: KenLM's own. */
const NO_UNKNOWN = -100;

interface Gram {
  readonly log10: number;
  readonly backoff: number;
}

/** The words before the next one, as many as matter, the latest last. */
type Context = readonly string[];

export class ArpaModel implements LanguageModel<Context> {
  readonly order: number;
  readonly #grams: ReadonlyMap<string, Gram>;

  constructor(order: number, grams: ReadonlyMap<string, Gram>) {
    this.order = order;
    this.#grams = grams;
  }

  get start(): Context {
    return this.order > 1 ? [START] : [];
  }

  score(context: Context, word: string): Scored<Context> {
    const known = this.#grams.has(word);
    const term = known ? word : UNKNOWN;
    const words = [...context, term];
    let log10 = 0;
    for (let from = 0; from < words.length; from++) {
      const gram = this.#grams.get(words.slice(from).join(' '));
      if (gram !== undefined) {
        log10 += gram.log10;
        break;
      }
      if (from === words.length - 1) log10 += NO_UNKNOWN;
      else log10 += this.#grams.get(words.slice(from, -1).join(' '))?.backoff ?? 0;
    }
    const next = this.order > 1 ? words.slice(-(this.order - 1)) : [];
    return { log10, known, next };
  }

  /** All of it is in memory. */
  close(): void {}
}

/**
 * Reads a whole ARPA file. All of its n-grams are in memory afterwards; the file never is.
 * @throws Error that names the line, when the file is no ARPA or ends early; the signal's reason when it is aborted
 */
export async function readArpa(path: string, signal?: AbortSignal): Promise<ArpaModel> {
  const input = createReadStream(path, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) });
  const counts: number[] = [];
  const found: number[] = [];
  const grams = new Map<string, Gram>();
  let section = 0;
  let at = 0;
  let ended = false;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    at++;
    const line = text.trim();
    if (line === '' || line === '\\data\\') continue;
    if (line === '\\end\\') {
      ended = true;
      break;
    }
    const count = /^ngram (\d+)=(\d+)$/.exec(line);
    const head = /^\\(\d+)-grams:$/.exec(line);
    if (count !== null) counts[Number(count[1]) - 1] = Number(count[2]);
    else if (head !== null) section = Number(head[1]);
    else {
      if (section === 0) throw new Error(`line ${at} of the language model stands before its n-grams`);
      const [log10 = '', ...rest] = line.split(/[\t ]+/);
      const words = rest.slice(0, section);
      const backoff = Number(rest[section] ?? 0);
      if (words.length !== section || rest.length > section + 1 || !Number.isFinite(Number(log10) + backoff))
        throw new Error(`line ${at} of the language model is no ${section}-gram`);
      grams.set(words.join(' '), { log10: Number(log10), backoff });
      found[section - 1] = (found[section - 1] ?? 0) + 1;
    }
  }
  if (!ended) throw new Error(`the language model ends early, after line ${at}`);
  const odd = counts.findIndex((count, order) => count !== (found[order] ?? 0));
  if (counts.length === 0 || odd >= 0)
    throw new Error(
      `the language model has ${found[odd] ?? 0} ${odd + 1}-grams where it states ${counts[odd] ?? 0}`,
    );
  return new ArpaModel(counts.length, grams);
}

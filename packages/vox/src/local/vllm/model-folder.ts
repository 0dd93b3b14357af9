/** The folder with a model's weights: whether it is whole, what its cache is made of, and the delay that is written into it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { writeFileDurably } from '../../models/durable.js';
import type { ModelShape } from './tuning.js';

const TOKENIZER = 'tekken.json';
const DELAY = 'transcription_delay_ms';

type Fields = Record<string, unknown>;

/** What a folder lacks to be served: Mistral's own layout, or that of Transformers. Empty = it is whole. */
export async function missingFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const weights = names.some((name) => name.endsWith('.safetensors')) ? [] : ['*.safetensors'];
  // A folder with Mistral's parameters is read by Mistral's tokenizer too (yap.md 6.1).
  const wanted =
    names.includes('config.json') && !names.includes('params.json') ? [] : ['params.json', TOKENIZER];
  return [...wanted.filter((name) => !names.includes(name)), ...weights];
}

/** What the cache of a model is made of, from its own description; undefined where that does not say. Throws nothing. */
export async function readShape(folder: string): Promise<ModelShape | undefined> {
  const mistral = await readFields(join(folder, 'params.json'));
  const other = await readFields(join(folder, 'config.json'));
  const fields = mistral ?? decoderOf(other);
  if (fields === undefined) return undefined;
  const layers = positive(fields.n_layers ?? fields.num_hidden_layers);
  const cacheHeads = positive(fields.n_kv_heads ?? fields.num_key_value_heads);
  const headSize = positive(fields.head_dim) ?? headSizeOf(fields);
  const slidingWindow = positive(fields.sliding_window);
  const weights = await weightBytes(folder);
  if (layers === undefined || cacheHeads === undefined || headSize === undefined || weights === 0)
    return undefined;
  return { layers, cacheHeads, headSize, weights, ...(slidingWindow === undefined ? {} : { slidingWindow }) };
}

/**
 * Writes the delay (ms) into the folder's tokenizer, in one step, where yap.md section 4 says: the key at the top if it is
 * there, else that of `audio`, else a new one at the top. False where it says so already.
 * Throws VoxError `model_broken` where the file is no JSON object.
 */
export async function writeDelay(folder: string, delayMs: number): Promise<boolean> {
  const path = join(folder, TOKENIZER);
  const fields = await readFields(path);
  if (fields === undefined)
    throw new VoxError('model_broken', `${path}: not a JSON object; fetch the model again`);
  const audio = isFields(fields.audio) ? fields.audio : undefined;
  const place = !(DELAY in fields) && audio !== undefined && DELAY in audio ? audio : fields;
  if (place[DELAY] === delayMs) return false;
  place[DELAY] = delayMs;
  await writeFileDurably(path, JSON.stringify(fields));
  return true;
}

/** The description of the part that writes, wherever a model of Transformers keeps it. */
function decoderOf(config: Fields | undefined): Fields | undefined {
  if (config === undefined) return undefined;
  const thinker = isFields(config.thinker_config) ? config.thinker_config : config;
  return isFields(thinker.text_config) ? thinker.text_config : thinker;
}

function headSizeOf(fields: Fields): number | undefined {
  const width = positive(fields.dim ?? fields.hidden_size);
  const heads = positive(fields.n_heads ?? fields.num_attention_heads);
  return width === undefined || heads === undefined ? undefined : Math.floor(width / heads);
}

/** Some publish their weights twice, in both layouts: vLLM loads `consolidated` then. */
async function weightBytes(folder: string): Promise<number> {
  const all = (await readdir(folder).catch(() => [] as string[])).filter((name) =>
    name.endsWith('.safetensors'),
  );
  const consolidated = all.filter((name) => name.startsWith('consolidated'));
  const sizes = await Promise.all(
    (consolidated.length > 0 ? consolidated : all).map((name) =>
      stat(join(folder, name)).then(({ size }) => size),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function readFields(path: string): Promise<Fields | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

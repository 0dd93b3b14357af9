/** Turns a checkpoint as published into what an engine loads. Runs once, at pull, in a process of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelInfo, VoxError } from '@vox-speech/contract';
import type { CatalogEntry } from '../types.js';
import { importDiarization } from './diarization/index.js';
import { importKokoro } from './kokoro/index.js';
import { importOnnxRuntime } from './onnxruntime/index.js';
import { importPiper } from './piper/index.js';
import { importTone } from './tone/index.js';
import { importWhisper } from './whisper/index.js';

export interface ImportRequest {
  readonly importer: Exclude<CatalogEntry['importer'], 'none'>;
  /** Folder of the delivered files; for messages only. */
  readonly directory: string;
  /** Delivered files: name in the catalog (`as`) to path. */
  readonly files: Readonly<Record<string, string>>;
  /** Empty folder for what the import makes. */
  readonly output: string;
  readonly entry: CatalogEntry;
  /** Folders of the models this one needs, by family. */
  readonly companions: Readonly<Record<string, string>>;
  /** Bytes made so far, and in all as far as known. */
  readonly onProgress?: (completed: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  /** Files of the model, under the names that the engine wants. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly info?: ModelInfo;
}

/**
 * Runs an import. Besides the engine's files there is `info.json`: what the model can do, and for voices the number that
 * the engine knows each by (`speakers`), so that neither needs the model loaded.
 * Throws VoxError `model_broken` (a file is missing, damaged or another kind of model), `cancelled`, `disk_full`.
 */
export async function importModel(request: ImportRequest): Promise<ImportResult> {
  const { entry, files, output } = request;
  const options = {
    files,
    output,
    name: entry.reference.slice(entry.reference.indexOf(':') + 1),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
  };
  try {
    const made = await run(request.importer, options);
    const { info } = made;
    if (info === undefined) return { files: made.names.map((name) => ({ name, path: join(output, name) })) };
    const record = 'speakers' in made ? { ...info, speakers: made.speakers } : info;
    await writeFile(join(output, 'info.json'), `${JSON.stringify(record, null, 2)}\n`, { flag: 'wx' });
    return { files: [...made.names, 'info.json'].map((name) => ({ name, path: join(output, name) })), info };
  } catch (error) {
    if (request.signal?.aborted)
      throw new VoxError('cancelled', `the import of ${entry.reference} was cancelled`, { cause: error });
    throw VoxError.from(error);
  }
}

interface ImportOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly output: string;
  readonly name: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (completed: number, total: number) => void;
}

interface Made {
  readonly names: readonly string[];
  /** Absent of what is no model. */
  readonly info?: ModelInfo;
  readonly speakers?: Readonly<Record<string, number>>;
}

function run(importer: ImportRequest['importer'], options: ImportOptions): Promise<Made> {
  switch (importer) {
    case 'whisper-ct2':
      return importWhisper(options);
    case 'piper':
      return importPiper(options);
    case 'kokoro':
      return importKokoro(options);
    case 't-one':
      return importTone(options);
    case 't-one-int8':
      return importTone({ ...options, weights: 'int8' });
    case 'diarization':
      return importDiarization(options);
    case 'onnxruntime':
      return importOnnxRuntime(options);
  }
}

/**
 * Lets sherpa-onnx run on a newer ONNX Runtime than the one it carries. sherpa's library asks for one symbol,
 * `OrtGetApiBase`, labelled with the version it was built with; the interface behind it is stable and asked for by
 * number. So the newer library is given the older label (docs/decisions/0004).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFile } from '../files.js';
import { renameLibrary } from './elf.js';

/** File name under which sherpa-onnx asks for the runtime. */
export const RUNTIME_LIBRARY = 'libonnxruntime.so';
/** Label in sherpa-onnx 1.13.8's libraries. */
const SHERPA_LABEL = 'VERS_1.28.2';

/** Writes the relabelled library. Throws VoxError `model_broken`. */
export async function importOnnxRuntime(request: {
  readonly files: Readonly<Record<string, string>>;
  readonly output: string;
}): Promise<{ names: string[] }> {
  const library = await readFile(requireFile(request.files, RUNTIME_LIBRARY));
  renameLibrary(library, RUNTIME_LIBRARY, SHERPA_LABEL);
  await writeFile(join(request.output, RUNTIME_LIBRARY), library, { flag: 'wx' });
  return { names: [RUNTIME_LIBRARY] };
}

/** Where bytes come from. Sources are tried in the entry's order; one that cannot be reached is skipped with a warning. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import type { CatalogEntry, Source } from '../types.js';
import { type Delivery, type SourceContext, unreachable } from './context.js';
import { fetchFiles } from './file.js';
import { fetchHub } from './hf.js';
import { fetchHttps } from './https.js';
import { fetchPackages } from './packages.js';

export type { DeliveredFile, Delivery, SourceContext } from './context.js';

/**
 * Delivers an entry's files from the first source that can be reached. Throws `source_failed` where none can, and at once
 * what another source would not mend: `hash_mismatch`, `disk_full`, `cancelled`.
 */
export async function fetchEntry(context: SourceContext, entry: CatalogEntry): Promise<Delivery> {
  const machine = `${process.platform}-${process.arch}`;
  const sources = entry.sources.filter(
    (source) => source.type !== 'packages' || (source.machine ?? machine) === machine,
  );
  if (sources.length === 0)
    throw unreachable(`${entry.reference} is not published for this kind of machine (${machine})`);
  const reasons: string[] = [];
  for (const source of sources) {
    await rm(join(context.work, 'files'), { recursive: true, force: true });
    try {
      return await fetchFrom(context, source);
    } catch (thrown) {
      const error = VoxError.from(thrown);
      if (error.code !== 'source_failed') throw error;
      reasons.push(`${source.type}: ${error.message}`);
      context.emit({ status: 'warning', error: `source ${source.type} skipped: ${error.message}` });
    }
  }
  throw unreachable(`no source of ${entry.reference} could be reached; ${reasons.join('; ')}`);
}

function fetchFrom(context: SourceContext, source: Source): Promise<Delivery> {
  switch (source.type) {
    case 'packages':
      return fetchPackages(context, source);
    case 'hf':
      return fetchHub(context, source);
    case 'https':
      return fetchHttps(context, source);
    case 'file':
      return fetchFiles(context, source);
  }
}

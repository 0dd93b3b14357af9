/** Where bytes come from. Sources are tried in the entry's order; one that cannot be reached is skipped with a warning. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { sizeOf } from '../blobs.js';
import type { CatalogEntry, Source, StatedHash } from '../types.js';
import { type Delivery, type SourceContext, unreachable } from './context.js';
import { fetchFiles } from './file.js';
import { fetchHub } from './hf.js';
import { fetchHttps } from './https.js';
import { fetchPackages } from './packages.js';

export type { DeliveredFile, Delivery, SourceContext } from './context.js';

export interface VerifiedDelivery extends Delivery {
  /** What each file was compared with; those out of a pinned archive that have no hash of their own are not listed. */
  readonly hashes: readonly StatedHash[];
}

/**
 * Delivers an entry's files from the first source that can be reached. Throws `source_failed` where none can, and at once
 * what another source would not mend: `hash_mismatch`, `disk_full`, `cancelled`.
 */
export async function fetchEntry(context: SourceContext, entry: CatalogEntry): Promise<VerifiedDelivery> {
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
      const delivery = await fetchFrom(context, source);
      return { ...delivery, hashes: [...(await pinnedHashes(source, delivery)), ...(delivery.stated ?? [])] };
    } catch (thrown) {
      const error = VoxError.from(thrown);
      if (error.code !== 'source_failed') throw error;
      reasons.push(`${source.type}: ${error.message}`);
      context.emit({ status: 'warning', error: `source ${source.type} skipped: ${error.message}` });
    }
  }
  throw unreachable(`no source of ${entry.reference} could be reached; ${reasons.join('; ')}`);
}

async function pinnedHashes(source: Source, delivery: Delivery): Promise<StatedHash[]> {
  const hashes: StatedHash[] = [];
  for (const { as, sha256 } of source.files) {
    const delivered = delivery.files.find((file) => file.as === as);
    if (sha256 === undefined || delivered === undefined) continue;
    const size = (await sizeOf(delivered.path)) ?? 0;
    hashes.push({ file: as, digest: `sha256-${sha256}`, size, statedBy: 'catalog' });
  }
  return hashes;
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

/** What stands between an entry and its pull: an engine that does not exist here, a licence that asks for consent. */
import { VoxError } from '@vox-speech/contract';
import type { CatalogEntry } from '../types.js';

/** Why an entry can't be pulled and what to use instead, in one sentence; `undefined` where it can. */
export function whyUnavailable(entry: CatalogEntry): string | undefined {
  if (entry.unavailable === undefined) return undefined;
  const { engine, instead } = entry.unavailable;
  return `${entry.reference} needs the engine '${engine}', which this Vox does not have; use ${instead} instead`;
}

/**
 * Throws `engine_missing` where nothing here could run what would be pulled, and `license_not_accepted` where a licence
 * among the entries allows no commercial use and nobody has said yes to that.
 */
export function checkTerms(entries: readonly CatalogEntry[], accepted: boolean): void {
  for (const entry of entries) {
    const why = whyUnavailable(entry);
    if (why !== undefined) throw new VoxError('engine_missing', why, { param: 'model' });
    const { id, url, nonCommercial } = entry.license;
    if (nonCommercial !== true || accepted) continue;
    const where = url === undefined ? '' : ` (${url})`;
    throw new VoxError(
      'license_not_accepted',
      `${entry.reference} is licensed under ${id}${where} for non-commercial use only; if that suits you, pull it with --accept-license, or "accept_license": true over HTTP`,
      { param: 'accept_license' },
    );
  }
}

/** Bytes that a pull downloads from the first source for this machine, as far as the catalog states them; 0 = unknown. */
export function downloadBytes(entry: CatalogEntry): number {
  const machine = `${process.platform}-${process.arch}`;
  const source = entry.sources.find((one) => one.type !== 'packages' || (one.machine ?? machine) === machine);
  const sized: readonly { readonly size?: number }[] =
    (source?.type === 'packages' ? source.packages : source?.files) ?? [];
  return sized.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

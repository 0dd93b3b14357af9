/** The catalog over HTTP: searching it, and all that it says of one model. Ours; the original asked its registry itself. */
import type { FastifyInstance } from 'fastify';
import { downloadBytes, whyUnavailable } from '../../runtime/catalog.js';
import type { CatalogEntry, Runtime } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import { searchSchema } from './schema.js';

/** @throws nothing; registers only */
export function registerCatalog(app: FastifyInstance, runtime: Runtime): void {
  const pulled = async () => new Set((await runtime.list({ all: true })).map(({ reference }) => reference));

  app.get('/api/search', async (request) => {
    const { q, type, language, licence, license = licence } = validate(searchSchema, request.query);
    const here = await pulled();
    const entries = runtime.search({
      ...(q === undefined ? {} : { text: q }),
      ...(type === undefined ? {} : { kind: type }),
      ...(language === undefined ? {} : { language }),
      ...(license === undefined ? {} : { license }),
    });
    const warnings = runtime.catalogProblems;
    return {
      models: entries.map((entry) => searchItem(entry, here.has(entry.reference), runtime)),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  });

  app.get('/api/catalog/*', async (request) => {
    const entry = runtime.describe((request.params as { '*'?: string })['*'] ?? '');
    const remote = runtime.remote(entry);
    return {
      ...searchItem(entry, (await pulled()).has(entry.reference), runtime),
      ...details(entry),
      ...(remote === undefined ? {} : { remote }),
    };
  });
}

/** One line of `search`. */
function searchItem(entry: CatalogEntry, pulled: boolean, runtime: Runtime) {
  return {
    name: entry.reference,
    type: entry.kind,
    description: entry.description,
    license: entry.license.id,
    non_commercial: entry.license.nonCommercial === true,
    languages: entry.languages,
    // What is downloaded, as far as the catalog states it.
    size_bytes: downloadBytes(entry) || null,
    // Nothing is downloaded: a server runs it.
    ...(runtime.remote(entry) === undefined ? {} : { remote: true }),
    aliases: entry.aliases,
    pulled,
    unavailable: whyUnavailable(entry) ?? null,
  };
}

/** What `show` has beyond a line of `search`, of a model that may not be here. */
function details(entry: CatalogEntry) {
  return {
    architecture: entry.family,
    adapter: entry.engine ?? entry.unavailable?.engine ?? '',
    license_url: entry.license.url ?? null,
    license_note: entry.license.note ?? null,
    needs: entry.needs,
    sources: entry.sources,
    published: entry.unavailable?.published ?? null,
    catalog: entry.from ?? 'built in',
  };
}

/** References, the catalog, the store and pulls: what the runtime and the scheduler need. */
export { BUILT_IN, Catalog, type CatalogQuery } from './catalog/index.js';
export { openCatalog } from './catalog/own.js';
export { downloadBytes, whyUnavailable } from './catalog/terms.js';
export { engineModule } from './engines/locate.js';
export { layOutMock } from './mock.js';
export { Puller, type PullerOptions, type PullOptions } from './pull.js';
export { formatReference, parseReference, type Reference } from './reference.js';
export { REMOTE_ENGINE, type RemoteModel, remoteModel } from './remote.js';
export { layOutRemote } from './remote-layout.js';
export { DEFAULT_MODELS_SETTINGS, type ModelsSettings } from './settings.js';
export { type BrokenModel, type Listing, type Removal, Store } from './store.js';
export type * from './types.js';

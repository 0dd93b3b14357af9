/** What the server process and the pull process say to each other. */
import type { ErrorRecord } from '@vox-speech/contract';
import type { ModelsSettings } from './settings.js';
import type { CatalogEntry, PullEvent } from './types.js';

export type ToPullWorker =
  | {
      readonly type: 'pull';
      /** Canonical. */
      readonly reference: string;
      /** The entry and all that it needs. */
      readonly entries: readonly CatalogEntry[];
      readonly settings: ModelsSettings;
      readonly installEngines: boolean;
    }
  | { readonly type: 'cancel' };

export type FromPullWorker =
  | { readonly type: 'event'; readonly event: PullEvent }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: ErrorRecord };

/** What the paths answer that several originals share: `/`, `/health`, `/healthz`. One row an original. */

export type Compat = 'vox' | 'stt-ws' | 'yap' | 't-one';

/** A body, or null where the original has no such path or its own dialect answers. */
export interface SharedPaths {
  readonly '/': object | null;
  readonly '/health': object | null;
  readonly '/healthz': object | null;
}

const OK = { status: 'ok' };

export const SHARED_PATHS: Readonly<Record<Compat, SharedPaths>> = {
  vox: {
    '/': {
      name: 'vox',
      message: 'Vox is running',
      docs: '/v1/models, /v1/audio/transcriptions, /v1/audio/speech',
    },
    '/health': OK,
    '/healthz': OK,
  },
  'stt-ws': { '/': null, '/health': null, '/healthz': null },
  yap: { '/': null, '/health': null, '/healthz': null },
  't-one': { '/': null, '/health': null, '/healthz': null },
};

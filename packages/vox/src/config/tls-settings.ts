/** Rows of the table of settings: HTTPS. */
import { VoxError } from '@vox-speech/contract';
import { always, maybe, type Setting } from './setting.js';
import type { ServerConfig } from './types.js';
import { boolean, path } from './values.js';

const file = (flag: string, env: string, what: string): Setting<string | undefined> =>
  maybe({
    group: 'server',
    flag,
    argument: 'FILE',
    env,
    read: path,
    type: 'file',
    defaultText: 'made here, and kept under VOX_HOME',
    commands: 'serve',
    help: `${what} in PEM; with it goes the other one, and --tls.`,
  });

export const TLS_SETTINGS = {
  tls: always({
    group: 'server',
    flag: '--tls',
    env: 'VOX_TLS',
    read: boolean,
    type: 'true or false',
    default: 'false',
    commands: 'serve',
    help: 'Serve HTTPS and WSS instead of HTTP and WS, with a certificate that is made here unless one is given.',
  }),
  tlsCert: file('--tls-cert', 'VOX_TLS_CERT', 'Certificate, with those of its authorities behind it,'),
  tlsKey: file('--tls-key', 'VOX_TLS_KEY', 'Private key of --tls-cert'),
} as const satisfies Record<string, Setting<unknown>>;

/** @throws VoxError `invalid_request` where one file is given without the other */
export function tlsConfig(given: {
  readonly tls: boolean;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}): Pick<ServerConfig, 'tls'> {
  const { tls, tlsCert: cert, tlsKey: key } = given;
  if (cert !== undefined && key !== undefined) return { tls: { files: { cert, key } } };
  if (cert === undefined && key === undefined) return tls ? { tls: {} } : {};
  const [has, lacks] = cert === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
  throw new VoxError(
    'invalid_request',
    `${has} needs ${lacks} (VOX_TLS_${lacks.slice(6).toUpperCase()}) beside it`,
    {
      param: has,
    },
  );
}

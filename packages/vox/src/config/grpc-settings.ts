/** Rows of the table of settings: gRPC. */
import { always, type Setting } from './setting.js';
import { integer, type Reader } from './values.js';

/** A port; undefined where it is switched off; 0 for any free one. */
const port: Reader<number | undefined> = (value, machine) => {
  const text = value.trim().toLowerCase();
  if (text === '0' || text === 'off') return undefined;
  return text === 'any' ? 0 : integer(1, 65_535)(value, machine);
};

export const GRPC_SETTINGS = {
  grpcPort: always({
    group: 'server',
    flag: '--grpc-port',
    argument: 'N',
    flagAliases: [{ flag: '--grpc', read: port, help: 'The same as --grpc-port.' }],
    env: 'VOX_GRPC_PORT',
    read: port,
    type: 'port, any, or 0',
    default: '0',
    commands: 'serve',
    help: 'Port of gRPC on the same address, 9090 in the original; any takes a free one, 0 is off.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

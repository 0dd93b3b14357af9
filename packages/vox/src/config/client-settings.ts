/** Rows of the table of settings: what the command line talks to. */
import { always, maybe, type Setting } from './setting.js';
import { baseUrl, text } from './values.js';

export const CLIENT_SETTINGS = {
  target: always({
    group: 'client',
    flag: '--host',
    argument: 'URL',
    env: 'VOX_HOST',
    read: baseUrl,
    type: 'URL',
    default: 'http://localhost:11435',
    commands: 'client',
    help: 'Server that every command but serve talks to.',
  }),
  // yap.md section 8: the variables of the original's own clients, read whatever VOX_COMPAT says.
  voxtralServer: maybe({
    group: 'client',
    env: 'VOXTRAL_SERVER',
    read: text,
    type: 'HOST:PORT or URL',
    defaultText: 'the server of --host; with VOX_COMPAT=yap and no --host, 127.0.0.1:8000',
    commands: 'none',
    help: 'Server that `vox client` talks to; its --server wins.',
  }),
  voxtralKey: maybe({
    group: 'client',
    env: 'VOXTRAL_API_KEY',
    read: text,
    type: 'secret',
    defaultText: 'the key of --api-key',
    secret: true,
    commands: 'none',
    help: 'Key that `vox client` sends; its --voxtral-key wins.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

/** Rows of the table of settings: what the server calls itself. Their names under VOX_COMPAT=t-one are in compat.ts. */
import { maybe, type Setting } from './setting.js';
import { text } from './values.js';

const row = (env: string, what: string): Setting<string | undefined> =>
  maybe({
    group: 'server',
    env,
    read: text,
    type: 'text',
    defaultText: 'as the original',
    commands: 'none',
    help: `${what} of the API in \`GET /\` under VOX_COMPAT=t-one.`,
  });

export const API_SETTINGS = {
  apiTitle: row('VOX_API_TITLE', 'Name'),
  apiDescription: row('VOX_API_DESCRIPTION', 'Description'),
  apiVersion: row('VOX_API_VERSION', 'Version'),
};

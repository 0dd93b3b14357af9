/**
 * Copies the two viewers of the API document into the build, so that an installed Vox serves them from its own files and
 * needs neither a CDN nor their packages.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './files.mjs';

const require = createRequire(import.meta.url);
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
const redoc = join(dirname(require.resolve('redoc/package.json')), 'bundles');
const target = join(ROOT, 'packages/vox/dist/pages');

mkdirSync(target, { recursive: true });
for (const [folder, name, as = name] of [
  [swagger, 'swagger-ui-bundle.js'],
  [swagger, 'swagger-ui.css'],
  [swagger, 'LICENSE', 'swagger-ui.LICENSE.txt'],
  [redoc, 'redoc.standalone.js.LICENSE.txt'],
])
  copyFileSync(join(folder, name), join(target, as));

/** A picture beside ReDoc's name, the one thing that it fetches from elsewhere: our pages ask nobody else for anything. */
const LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
const EMPTY = 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E';
const script = readFileSync(join(redoc, 'redoc.standalone.js'), 'utf8');
if (!script.includes(LOGO)) throw new Error('redoc.standalone.js names its logo otherwise now: look for it');
writeFileSync(join(target, 'redoc.standalone.js'), script.replaceAll(LOGO, EMPTY));

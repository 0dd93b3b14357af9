/**
 * Copies the two viewers of the API document into the build, so that an installed Vox serves them from its own files and
 * needs neither a CDN nor their packages.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
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
  [redoc, 'redoc.standalone.js'],
  [redoc, 'redoc.standalone.js.LICENSE.txt'],
])
  copyFileSync(join(folder, name), join(target, as));

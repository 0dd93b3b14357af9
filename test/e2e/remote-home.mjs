/** A VOX_HOME for models on servers: the defaults that such a server lays out must not stay in the one that tests share. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const homes = [];
after(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

export function newHome() {
  const home = mkdtempSync(join(tmpdir(), 'vox-remote-'));
  homes.push(home);
  return home;
}

/** With some of the models that the tests pulled: what a recogniser's pull brings along is there already. */
export function homeWith(...references) {
  const home = newHome();
  const from = join(process.env.VOX_TEST_HOME, 'models');
  mkdirSync(join(home, 'models/blobs'), { recursive: true });
  for (const reference of references) {
    const file = `${reference.replace(':', '/')}.json`;
    cpSync(join(from, 'manifests', file), join(home, 'models/manifests', file));
    for (const { digest } of JSON.parse(readFileSync(join(from, 'manifests', file), 'utf8')).files)
      cpSync(join(from, 'blobs', digest), join(home, 'models/blobs', digest));
  }
  return home;
}

#!/usr/bin/env node
// The bundle answers in about half the time. Where a package was compiled after it was made, the modules are newer.
import { statSync } from 'node:fs';

const made = (path) => statSync(new URL(path, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const compiled = ['../dist', '../../audio/dist', '../../client/dist', '../../contract/dist'].map((folder) =>
  made(`${folder}/.tsbuildinfo`),
);
const current = made('../dist/bundle/bin.js') > Math.max(...compiled);

await import(current ? '../dist/bundle/bin.js' : '../dist/bin.js');

#!/usr/bin/env -S node --max-semi-space-size=2
// Young objects get 2 MiB instead of 16: see packages/vox/src/host/process.ts.
import '../dist/bin.js';

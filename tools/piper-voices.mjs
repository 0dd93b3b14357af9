/**
 * Writes the table of Piper voices from the publisher's own list (`voices.json`, as PyPI's wyoming-piper carries it):
 * node tools/piper-voices.mjs voices.json > packages/vox/src/models/catalog/piper-voices.ts
 */
import { readFileSync } from 'node:fs';

const voices = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const rows = Object.entries(voices).map(([key, voice]) => {
  const file = (end) => Object.entries(voice.files).find(([path]) => path.endsWith(end));
  const [path, model] = file('.onnx');
  const [, config] = file('.onnx.json');
  const folder = `${voice.language.family}/${voice.language.code}/${voice.name}/${voice.quality}`;
  if (path !== `${folder}/${key}.onnx`) throw new Error(`${key} lies at ${path}`);
  const numbers = [model.size_bytes, model.md5_digest, config.size_bytes, config.md5_digest];
  return [key, voice.num_speakers, ...numbers].join(' ');
});

console.log(`/**
 * Every voice of rhasspy/piper-voices: key, speakers, bytes and MD5 of the model, bytes and MD5 of its configuration.
 * Made by tools/piper-voices.mjs from the publisher's list (voices.json of PyPI's wyoming-piper 2.5.2, September 2026).
 */
export const PIPER_VOICES = \`
${rows.join('\n')}
\`;`);

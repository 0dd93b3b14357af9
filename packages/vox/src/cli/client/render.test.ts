import assert from 'node:assert/strict';
import { it } from 'node:test';
import { transcriptLine } from './render.js';

it('shows 80 characters of a transcript, or all of it on request, on one line', () => {
  const eighty = 'é'.repeat(80);
  assert.equal(transcriptLine(` ${eighty}\n`, false), `Transcript: ${eighty}`);
  assert.equal(transcriptLine(`${eighty}!`, false), `Transcript: ${eighty}...`);
  assert.equal(transcriptLine(`${eighty}!\nMore.`, true), `Transcript: ${eighty}! More.`);
});

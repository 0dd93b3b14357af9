import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVER_ERROR_CODES } from './errors.js';

test('the codes are those of the table that the server answers from', async () => {
  // By address: this package depends on no other, in its types neither.
  const table = new URL('../../contract/dist/errors.js', import.meta.url).href;
  const { ERRORS } = (await import(table)) as { readonly ERRORS: object };
  assert.deepEqual([...SERVER_ERROR_CODES].sort(), Object.keys(ERRORS).sort());
});

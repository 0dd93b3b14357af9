import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPAT } from './compat.js';
import { flagsOf, renderConfigurationDocs } from './render.js';
import { SETTINGS } from './table.js';

test('the docs page names every flag, every variable and every variable of the originals', () => {
  const page = renderConfigurationDocs();
  for (const row of Object.values(SETTINGS)) {
    if (row.flag !== undefined) assert.ok(page.includes(`\`${row.flag}\``), row.flag);
    assert.ok(page.includes(`\`${row.env}\``), row.env);
    assert.ok(page.includes(row.help), row.help);
  }
  for (const profile of Object.values(COMPAT)) {
    for (const { env } of profile.variables) assert.ok(page.includes(`\`${env}\``), env);
  }
  assert.doesNotMatch(page, /undefined|\[object/);
});

test('rows of the page have as many cells as their head', () => {
  let cells = 0;
  for (const line of renderConfigurationDocs().split('\n')) {
    if (!line.startsWith('|')) cells = 0;
    else {
      const count = line.replaceAll('\\|', '').split('|').length;
      assert.ok(cells === 0 || count === cells, line);
      cells = count;
    }
  }
});

test('help has the flags of the command, and says where else a value comes from', () => {
  const serve = flagsOf('serve').map((flag) => flag.flags);
  assert.ok(
    serve.includes('--port <N>') && serve.includes('--ttl <DURATION>') && serve.includes('--auto-pull'),
  );
  assert.ok(!serve.includes('--host <URL>') && serve.includes('--host <ADDRESS>'));
  assert.deepEqual(
    flagsOf('client').map((flag) => flag.flags),
    ['--api-key <KEY>', '--host <URL>'],
  );
  const port = flagsOf('serve').find((flag) => flag.flags === '--port <N>');
  assert.match(port?.description ?? '', /\(VOX_PORT, default 11435\)$/);
});

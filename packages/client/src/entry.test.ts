import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Every module that a browser fetches for the main entry, with what each imports. */
function reachable(entry: URL): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const visit = (url: URL): void => {
    if (found.has(url.href)) return;
    const text = readFileSync(url, 'utf8');
    const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
      (match) => match[1] ?? '',
    );
    found.set(url.href, specifiers);
    for (const one of specifiers) if (one.startsWith('.')) visit(new URL(one, url));
  };
  visit(entry);
  return found;
}

for (const name of ['index.js', 'index.d.ts'])
  test(`${name}: all that it reaches is this package's own, so a browser can load it as it is`, () => {
    const modules = reachable(new URL(name, import.meta.url));
    assert.ok(modules.size > 5, `${modules.size} modules`);
    for (const [url, specifiers] of modules)
      for (const one of specifiers)
        assert.match(one, /^\.\/[a-z-]+\.js$/, `${url} imports ${one}, which no browser has`);
  });

test('the walk sees what Node alone has', () => {
  const all = [...reachable(new URL('node.js', import.meta.url)).values()].flat();
  assert.ok(all.includes('node:http'), String(all));
});

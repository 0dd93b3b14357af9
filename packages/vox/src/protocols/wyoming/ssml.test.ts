import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOfSsml } from './ssml.js';

const CASES: [string, string][] = [
  ['Hello &amp; goodbye.', 'Hello & goodbye.'],
  ['<speak version="1.0">Hello <emphasis level="strong">there</emphasis>.</speak>', 'Hello there.'],
  ['<speak>One.<break time="500ms"/>Two.</speak>', 'One. Two.'],
  ['<p>First.</p><p>Second.</p>', 'First.\n\n\n\nSecond.'],
  ['<sub alias="World Wide Web Consortium">W3C</sub> says', 'World Wide Web Consortium says'],
  ["<sub class='x' alias='a b'>c</sub>", 'a b'],
  ['<!-- no\n<b> --><?xml version="1.0"?>a', 'a'],
  ['2 &lt; 3 &#169; &#x1F600; &apos;&quot; &unknown; &#0;', '2 < 3 © 😀 \'" &unknown; &#0;'],
  ['&amp;lt;', '&lt;'],
];

describe('the words of SSML', () => {
  for (const [ssml, text] of CASES) it(`of ${ssml}`, () => assert.equal(textOfSsml(ssml), text));

  it('of a text as long as an event may carry, without going over it again and again', () => {
    const many = 200_000;
    for (const text of ['<!--'.repeat(many), `<sub ${'alias="" '.repeat(many)}`, '<sub alias="'.repeat(many)])
      assert.throws(() => textOfSsml(text), { code: 'invalid_request', param: 'text' });
    assert.equal(textOfSsml('<!-- --><sub alias="a">b</sub>'.repeat(3)), 'a a a');
  });

  it('refuses what is no SSML', () => {
    for (const ssml of ['a < b', '<speak', '<<b>>'])
      assert.throws(() => textOfSsml(ssml), { code: 'invalid_request', param: 'text' });
  });
});

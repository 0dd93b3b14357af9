/** What comes in as G.711 is heard as the samples it stands for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeSamples } from '@vox-speech/audio';
import type { LiveEncoding } from '@vox-speech/contract';
import { Inbox } from './inbox.js';
import type { LiveStream } from './stream.js';

/** Half a second of a 440 Hz tone at 8 kHz. */
const TONE = Float32Array.from({ length: 4_000 }, (_, at) => Math.sin((at * 440 * 2 * Math.PI) / 8_000) / 2);

function heard(encoding: LiveEncoding): { samples: Float32Array; taken: number; heardMs: number } {
  const inbox = new Inbox(8_000, encoding);
  const pieces: number[] = [];
  const stream = {
    hungry: true,
    push: (samples: Float32Array) => void pieces.push(...samples),
    finish: () => {},
  } as unknown as LiveStream;
  const bytes = encodeSamples(TONE, encoding === 'pcm16' ? 's16' : encoding);
  inbox.audio(bytes, 0);
  inbox.control('finish', 0);
  const taken = inbox.drain(stream);
  return { samples: Float32Array.from(pieces), taken, heardMs: inbox.heardMs };
}

test('G.711 sounds like the samples that it was made of, and lasts as long', () => {
  const plain = heard('pcm16');
  assert.equal(plain.taken, 8_000);
  for (const encoding of ['mulaw', 'alaw'] as const) {
    const { samples, taken, heardMs } = heard(encoding);
    assert.deepEqual([taken, heardMs, samples.length], [4_000, 500, plain.samples.length]);
    const worst = samples.reduce(
      (most, sample, at) => Math.max(most, Math.abs(sample - (plain.samples[at] ?? 0))),
      0,
    );
    assert.ok(worst > 0 && worst < 0.02, `${encoding}: ${worst}`);
  }
});

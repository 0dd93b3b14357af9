/** A VOX_HOME whose models are the replay engine's: they say what their script says, and prove nothing about speech. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pcmAsWav } from './wav.mjs';

/** `models`: reference -> script; `written: false` = a voice whose manifest says nothing of it. Returns the folder and a function that removes it. */
export function replayHome(models) {
  const home = mkdtempSync(join(tmpdir(), 'vox-replay-'));
  for (const [reference, script] of Object.entries({ ...models, 'silero-vad:v5': { kind: 'vad' } })) {
    const [name, tag] = reference.split(':');
    const bytes = JSON.stringify(script);
    const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
    write(join(home, 'models/blobs', digest), bytes);
    write(
      join(home, 'models/manifests', name, `${tag}.json`),
      JSON.stringify({
        schemaVersion: 1,
        reference,
        kind: script.kind,
        family: script.kind === 'vad' ? 'silero-vad' : 'replay',
        engine: 'replay',
        description: 'scripted',
        license: { id: 'Apache-2.0' },
        languages: ['en'],
        needs: script.kind === 'stt' ? ['silero-vad:v5'] : [],
        parameters: {},
        ...(script.kind === 'tts' && script.written !== false ? { info: infoOf(script) } : {}),
        files: [{ name: 'script.json', digest, size: bytes.length }],
        origin: 'test',
        recipe: 'test',
        companion: false,
        pulledAt: '2026-01-01T00:00:00.000Z',
      }),
    );
  }
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** What a voice can do, as a pull writes it down. */
function infoOf({ cloning = false }) {
  return {
    kind: 'tts',
    family: 'replay',
    sampleRate: 22_050,
    languages: ['en', 'de'],
    voices: [{ id: 'tone', name: 'Tone', language: 'en' }],
    speed: { min: 0.5, max: 2 },
    canTranslate: false,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    ...(cloning ? { cloning } : {}),
    concurrency: 4,
  };
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A second of a tone as PCM16 WAV at 16 kHz: loud and steady enough for nobody to take it for silence. */
export function tone(seconds, firstSample = 0) {
  const rate = 16_000;
  const pcm = Buffer.alloc(2 * Math.round(seconds * rate));
  for (let i = 0; i < pcm.length / 2; i++) {
    // Syllables: on for 150 ms, off for 80 ms, so that the level looks like speech.
    const on = i % 3680 < 2400 ? 1 : 0.01;
    pcm.writeInt16LE(Math.round(12_000 * on * Math.sin((2 * Math.PI * 180 * i) / rate)), 2 * i);
  }
  pcm.writeInt16LE(firstSample, 0);
  return pcmAsWav(pcm, rate);
}

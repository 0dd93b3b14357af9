/**
 * Scripted live transcription, after the mock backend of the original STT server: the partial grows with the audio
 * that came in, the endpoint comes at 95 % of the expected audio, and the final is the whole text.
 */
import type { Model, StreamPart, TranscriptionStream } from '@vox-speech/contract';

/** Share of the expected audio at which an utterance ends. */
const ENDPOINT_SHARE = 0.95;

export interface MockScript {
  readonly text: string;
  /** Samples at 16 kHz that the text takes. */
  readonly expected: number;
  /** What every step costs, ms; the process does nothing else meanwhile, as with a real model. */
  readonly delayMs: number;
}

/** The two methods that make a model a streaming one. */
export function mockModel(script: MockScript): Required<Pick<Model, 'openTranscription' | 'step'>> {
  const streams = new WeakMap<TranscriptionStream, MockStream>();
  return {
    openTranscription() {
      const stream = mockStream(script);
      streams.set(stream, stream);
      return stream;
    },
    step(ready) {
      if (script.delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, script.delayMs);
      for (const stream of ready) streams.get(stream)?.step();
    },
  };
}

export interface MockStream extends TranscriptionStream {
  /** Says what there is to say of the audio so far. */
  step(): void;
}

/** One utterance after another, as the script says. Deterministic: it depends on the number of samples alone. */
export function mockStream({ text, expected }: Pick<MockScript, 'text' | 'expected'>): MockStream {
  let parts: StreamPart[] = [];
  /** Samples of the utterances before this one. */
  let before = 0;
  let heard = 0;
  let stepped = 0;
  let finished = false;
  const end = (): void => {
    const segment = { text, startMs: before / 16, endMs: (before + heard) / 16 };
    parts = [...parts, { type: 'transcript-final', text, segment }];
    before += heard;
    heard = 0;
    stepped = 0;
  };
  return {
    push(samples) {
      heard += samples.length;
    },
    ready: () => !finished && heard > stepped,
    step() {
      if (finished) return;
      stepped = heard;
      if (heard >= ENDPOINT_SHARE * expected) end();
      else if (heard > 0) {
        const length = Math.max(1, Math.floor((text.length * heard) / expected));
        parts = [...parts, { type: 'transcript-partial', text: text.slice(0, length) }];
      }
    },
    finish() {
      if (finished) return;
      if (heard > 0) end();
      finished = true;
    },
    poll() {
      const said = parts;
      if (said.length > 0) parts = [];
      return said;
    },
    close() {
      parts = [];
    },
  };
}

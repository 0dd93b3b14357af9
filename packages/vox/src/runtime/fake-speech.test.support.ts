/** A speech stream for the tests of dialects: records what it is given; the test plays the voice. */
import { VoxError } from '@vox-speech/contract';
import type { SpeechSummary } from '../messages/index.js';
import type { SpeakStreamRequest, SpeechStream, SpeechStreamListener } from './types.js';

export interface FakeSpeech {
  readonly request: SpeakStreamRequest;
  /** What the dialect listens with: call it to speak. */
  readonly listener: SpeechStreamListener;
  /** What happened, in order: `text ...`, `finish`, `cancelled`. */
  readonly log: string[];
  end(summary: SpeechSummary): void;
  fail(error: Error): void;
}

export function fakeSpeech(
  request: SpeakStreamRequest,
  listener: SpeechStreamListener,
  maxCharacters: number,
): { speech: FakeSpeech; stream: SpeechStream } {
  const log: string[] = [];
  let end: FakeSpeech['end'] = () => {};
  let fail: FakeSpeech['fail'] = () => {};
  const done = new Promise<SpeechSummary>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  done.catch(() => {});
  request.signal.addEventListener('abort', () => {
    log.push('cancelled');
    fail(new VoxError('cancelled', 'cancelled'));
  });
  return {
    speech: { request, listener, log, end, fail },
    stream: {
      model: request.model === '' ? 'piper:joe' : request.model,
      sampleRate: request.sampleRate ?? 22_050,
      warnings: [],
      append(text) {
        if (text.length > maxCharacters)
          throw new VoxError('too_large', 'text: too much waits', { param: 'text' });
        log.push(`text ${text}`);
      },
      flush: () => void log.push('flush'),
      finish: () => void log.push('finish'),
      done,
    },
  };
}

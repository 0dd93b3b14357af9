/** A text to audio, sentence by sentence: the first audio leaves after the first sentence. */
import { Resampler } from '@vox-speech/audio';
import { type Model, type SynthesizeOptions, VoxError } from '@vox-speech/contract';
import type { SpeechOutput, SpeechSummary } from '../messages/index.js';
import { isSpeakable, splitSentences } from '../text/sentences.js';
import { Pause } from './pauses.js';
import { type Emit, openSink } from './sinks.js';

export interface SpeakJob {
  readonly model: Model;
  readonly text: string;
  readonly options: SynthesizeOptions;
  readonly output: SpeechOutput;
  /** More text is to come after this one: what pause it needs. */
  readonly pauseAfter?: 'sentence' | 'paragraph';
  /** Called once, right before the first bytes, with the rate of the audio in Hz. */
  onStart(sampleRate: number): void;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Wall clock in ms. */
  now(): number;
}

/**
 * Speaks; resolves when the last byte was emitted.
 * @throws VoxError `invalid_request` naming `input` when there is nothing to say or nothing the voice can read, `cancelled`, what the model throws
 */
export async function speak(job: SpeakJob): Promise<SpeechSummary> {
  const { model, options, output, signal, now } = job;
  const begun = now();
  if (model.synthesize === undefined)
    throw new VoxError('wrong_kind', 'this model does not speak', { param: 'model' });
  if (!isSpeakable(job.text))
    throw new VoxError('invalid_request', 'input holds nothing that can be spoken', { param: 'input' });
  const sentences = splitSentences(job.text);
  const voiceRate = model.info.sampleRate;
  const sampleRate = output.sampleRate ?? voiceRate;
  const resampler = new Resampler(voiceRate, sampleRate);
  const pause = new Pause(voiceRate);
  const sink = openSink(output, sampleRate, job.emit, signal);
  let samples = 0;
  let spoke = false;
  const write = async (made: Float32Array): Promise<void> => {
    if (made.length === 0) return;
    if (samples === 0) job.onStart(sampleRate);
    samples += made.length;
    await sink.write(made);
  };
  try {
    for (const [index, sentence] of sentences.entries()) {
      signal.throwIfAborted();
      for await (const piece of model.synthesize(sentence.text, options, signal)) {
        spoke ||= piece.samples.length > 0;
        pause.hear(piece.samples);
        await write(resampler.push(piece.samples));
      }
      if (spoke && index < sentences.length - 1)
        await write(resampler.push(pause.missing(sentence.endsParagraph, options.speed)));
    }
    if (spoke && job.pauseAfter !== undefined)
      await write(resampler.push(pause.missing(job.pauseAfter === 'paragraph', options.speed)));
    await write(resampler.flush());
    if (!spoke) throw unreadable(model, options.voice);
    await sink.end();
  } catch (error) {
    throw signal.aborted ? new VoxError('cancelled', 'cancelled') : error;
  } finally {
    sink.destroy();
  }
  return {
    durationMs: Math.round((samples / sampleRate) * 1000),
    processingMs: Math.round(now() - begun),
    warnings: [],
  };
}

/** The voice found nothing in the text that it could read; it may know why. */
function unreadable({ info }: Model, voice: string): VoxError {
  const warning = info.voices.find(({ id }) => id === voice)?.warning;
  return new VoxError(
    'invalid_request',
    `input holds nothing that this voice can speak${warning === undefined ? '' : `: ${warning}`}`,
    { param: 'input' },
  );
}

/** Text to speech: a text given whole, and one that is still being written. */
import { VoxError } from '@vox-speech/contract';
import type { Runtime, SpeechStream } from '../../runtime/types.js';
import type { ChosenVoice } from './programs.js';
import { audioChunks, audioStart, audioStop } from './render.js';
import { textOfSsml } from './ssml.js';

/** The client, as far as audio goes. Resolves when there is room for more. */
export type Send = (parts: readonly Uint8Array[]) => Promise<void> | undefined;

/** Speech as events: a start before the first sample of each stretch, a stop behind the last. */
class Stretches {
  readonly #send: Send;
  #rate = 0;
  #open = false;
  #samples = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** @param rate Hz, the same each time */
  write(pcm16: Uint8Array, rate: number): Promise<void> | undefined {
    this.#rate = rate;
    const start = this.#open ? [] : audioStart(rate, this.#samples);
    this.#open = true;
    const chunks = audioChunks(pcm16, rate, this.#samples);
    this.#samples += pcm16.length / 2;
    return this.#send([...start, ...chunks]);
  }

  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    void this.#send(audioStop(this.#rate, this.#samples));
  }
}

/** `synthesize`: one start, chunks as sentences are made, one stop. Throws what `Runtime.speak` throws. */
export async function speakWhole(
  runtime: Pick<Runtime, 'speak'>,
  text: string,
  voice: ChosenVoice,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const speech = await runtime.speak({ ...voice, text, speed: 1, format: 'pcm', signal });
  // It rejects along with the audio.
  speech.summary.catch(() => {});
  const stretches = new Stretches(send);
  for await (const bytes of speech.audio) await stretches.write(bytes, speech.sampleRate);
  await speech.summary;
  stretches.stop();
}

/** `synthesize-start` to `synthesize-stop`: a start and a stop for every sentence. */
export class StreamedSpeech {
  readonly #stream: SpeechStream;
  readonly #stop: AbortController;
  /** Tags may be cut anywhere, so SSML is collected; undefined for plain text. */
  #ssml: string | undefined;
  readonly #maxCharacters: number;
  #empty = true;

  /**
   * Throws what `Runtime.speakStream` throws.
   * @param failed is told what ends it before its time, unless the signal did
   */
  static async open(
    runtime: Pick<Runtime, 'speakStream' | 'limits'>,
    voice: ChosenVoice,
    ssml: boolean,
    send: Send,
    signal: AbortSignal,
    failed: (error: unknown) => void,
  ): Promise<StreamedSpeech> {
    const stop = new AbortController();
    const stretches = new Stretches(send);
    const stream = await runtime.speakStream(
      { ...voice, speed: 1, format: 'pcm', signal: AbortSignal.any([signal, stop.signal]) },
      {
        async audio(bytes) {
          await stretches.write(bytes, stream.sampleRate);
        },
        progress: () => stretches.stop(),
      },
    );
    stream.done.catch((error: unknown) => {
      if (!signal.aborted && !stop.signal.aborted) failed(error);
    });
    return new StreamedSpeech(stream, stop, ssml, runtime.limits.textCharacters);
  }

  private constructor(stream: SpeechStream, stop: AbortController, ssml: boolean, maxCharacters: number) {
    this.#stream = stream;
    this.#stop = stop;
    this.#ssml = ssml ? '' : undefined;
    this.#maxCharacters = maxCharacters;
  }

  /** Throws `too_large` where too much waits unspoken. */
  append(text: string): void {
    if (this.#ssml === undefined) this.#speak(text);
    else if (this.#ssml.length + text.length <= this.#maxCharacters) this.#ssml += text;
    else
      throw new VoxError('too_large', `text has more than ${this.#maxCharacters} characters`, {
        param: 'text',
      });
  }

  /** No more text. Resolves when all was said. */
  async finish(): Promise<void> {
    if (this.#ssml !== undefined) this.#speak(textOfSsml(this.#ssml));
    // Nothing to say is said at once.
    if (this.#empty) return this.#stop.abort();
    this.#stream.finish();
    await this.#stream.done;
  }

  #speak(text: string): void {
    this.#empty &&= text.trim() === '';
    this.#stream.append(text);
  }
}

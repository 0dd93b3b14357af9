/**
 * Whose turn it is. What is heard of the user comes in as live events, what the agent wants to say as commands; out go the
 * original's events. One response at a time; a user who speaks into it ends it, where that is allowed and their words bear it
 * out.
 */
import { type LiveEvent, VoxError } from '@vox-speech/contract';
import type { Runtime } from '../../../runtime/types.js';
import { finalWord, NewWords } from '../../vox-shapes/live-events.js';
import type { Reply } from '../messages.js';
import { judge } from './interruption.js';
import type { TurnPolicy } from './policy.js';
import { Response, type ResponseListener, type ResponseVoice } from './response.js';

export type State = 'idle' | 'listening' | 'thinking' | 'speaking' | 'interrupted';

export interface DialogueOptions {
  readonly runtime: Runtime;
  readonly voice: ResponseVoice;
  readonly policy: TurnPolicy;
  /** Word times in transcripts. */
  readonly words: boolean;
  readonly signal: AbortSignal;
  readonly send: (message: Reply) => void;
  /** Resolves when the client has room for more. */
  readonly drained: () => Promise<void>;
}

/** Somebody speaks while the voice does. */
interface Intrusion {
  readonly utterance: number;
  readonly since: number;
  text: string;
}

export class Dialogue {
  readonly #options: DialogueOptions;
  readonly #fresh = new NewWords();
  #state: State = 'idle';
  #response: Response | undefined;
  #intrusion: Intrusion | undefined;
  /** The user is in the middle of an utterance. */
  #userSpeaks = false;
  #settled = (): void => {};

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** What is heard of the user. */
  hear(event: LiveEvent): void {
    switch (event.type) {
      case 'speech-started':
        this.#started(event.utterance, event.atMs);
        break;
      case 'speech-stopped':
        this.#send({ speech_stopped: { timestamp_ms: Math.round(event.atMs) } });
        break;
      case 'partial':
        this.#partial(event);
        break;
      case 'final':
        this.#final(event);
        break;
    }
  }

  /** A response to which text is added. Throws `conflict` while another one is spoken. */
  start(allowInterruptions: boolean): Response {
    if (this.#response?.committed === false) return this.#response;
    if (this.#response !== undefined) throw new VoxError('conflict', 'response already in flight');
    const { runtime, voice, signal } = this.#options;
    const response = new Response(runtime, voice, { allowInterruptions, signal, listener: this.#listener });
    this.#response = response;
    this.#send({ response_created: { response_id: response.id } });
    this.#become('thinking');
    return response;
  }

  /** No more text; nothing happens where there is no response. */
  commit(): void {
    const response = this.#response;
    if (response === undefined || response.committed) return;
    response.commit();
    this.#send({ response_committed: { response_id: response.id } });
  }

  /** Ends what is spoken now. */
  cancel(): void {
    this.#drop();
    this.#become(this.#userSpeaks ? 'listening' : 'idle');
  }

  /** The same, and says something else. */
  replace(text: string, allowInterruptions: boolean): void {
    this.#drop();
    this.start(allowInterruptions).append(text);
    this.commit();
  }

  /** Resolves when nothing is spoken any more. */
  async settled(): Promise<void> {
    this.commit();
    if (this.#response === undefined) return;
    await new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
  }

  readonly #listener: ResponseListener = {
    audio: async (response, audio) => {
      if (response !== this.#response) return;
      this.#become('speaking');
      const { sampleRate: sample_rate } = this.#options.voice;
      const [response_id, sequence] = [response.id, response.sequence++];
      this.#send({ audio_delta: { audio, sample_rate, response_id, sequence } });
      await this.#options.drained();
    },
    done: (response) => this.#over(response, () => ({ response_done: { response_id: response.id } })),
    failed: (response, error) =>
      this.#over(response, () => ({ error: { message: VoxError.from(error).message } })),
  };

  #over(response: Response, message: () => Reply): void {
    if (response !== this.#response) return;
    this.#dismiss('insufficient_interrupt_evidence');
    this.#response = undefined;
    this.#send(message());
    this.#become(this.#userSpeaks ? 'listening' : 'idle');
    this.#settled();
  }

  #started(utterance: number, atMs: number): void {
    this.#userSpeaks = true;
    this.#send({ speech_started: { timestamp_ms: Math.round(atMs) } });
    if (this.#response === undefined) {
      this.#become('listening');
      return;
    }
    const { policy } = this.#options;
    if (!policy.allow_interrupt_while_speaking || !this.#response.allowInterruptions) return;
    if (this.#state === 'speaking') {
      this.#intrusion = { utterance, since: performance.now(), text: '' };
      return;
    }
    // Nothing of the answer was heard yet, and the question goes on.
    this.#drop();
    this.#become('listening');
  }

  #partial(event: Extract<LiveEvent, { type: 'partial' }>): void {
    const delta = this.#fresh.of(event);
    const [start_ms, end_ms] = [Math.round(event.startMs), Math.round(event.endMs)];
    if (delta !== '') this.#send({ transcript_delta: { delta, start_ms, end_ms } });
    this.#weigh(event.utterance, event.text, false);
  }

  #final(event: Extract<LiveEvent, { type: 'final' }>): void {
    this.#userSpeaks = false;
    const transcript = event.text.trim();
    if (transcript !== '')
      this.#send({
        transcript_done: {
          transcript,
          language: event.language,
          start_ms: Math.round(event.startMs),
          end_ms: Math.round(event.endMs),
          words: this.#options.words ? (event.words ?? []).map(finalWord) : [],
        },
      });
    this.#weigh(event.utterance, transcript, true);
    if (this.#response === undefined) this.#become(transcript === '' ? 'idle' : 'thinking');
  }

  /** Was that an interruption? */
  #weigh(utterance: number, text: string, final: boolean): void {
    const [intrusion, response] = [this.#intrusion, this.#response];
    if (intrusion?.utterance !== utterance || response === undefined) return;
    intrusion.text = text;
    const activeMs = performance.now() - intrusion.since;
    const verdict = judge({ text, activeMs, final, spoken: response.text }, this.#options.policy);
    if (verdict === 'wait') return;
    if (verdict !== 'interrupted') {
      this.#dismiss(verdict);
      return;
    }
    this.#intrusion = undefined;
    this.#send({ interruption_detected: evidence(response, intrusion) });
    this.#become('interrupted');
    this.#drop();
    this.#become('listening');
  }

  #dismiss(reason: string): void {
    const [intrusion, response] = [this.#intrusion, this.#response];
    this.#intrusion = undefined;
    if (intrusion === undefined || response === undefined) return;
    this.#send({ interruption_false_positive: { ...evidence(response, intrusion), reason } });
  }

  /** Ends the response, and what the client has of it and did not play. */
  #drop(): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    this.#intrusion = undefined;
    response.stop();
    this.#send({ audio_clear: { response_id: response.id } });
    this.#send({ response_cancelled: { response_id: response.id } });
    this.#settled();
  }

  #become(state: State): void {
    if (state === this.#state) return;
    const previous_state = this.#state;
    this.#state = state;
    this.#send({ state_changed: { state, previous_state } });
  }

  #send(message: Reply): void {
    if (!this.#options.signal.aborted) this.#options.send(message);
  }
}

function evidence(response: Response, { since, text }: Intrusion) {
  return {
    response_id: response.id,
    vad_active_ms: Math.round(performance.now() - since),
    partial_transcript: text.trim(),
  };
}

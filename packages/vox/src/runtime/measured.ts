/** A runtime that counts and times what it is asked; nothing else changes. Live streams are measured by `measuredListen`. */
import { liveBytesPerMs, VoxError } from '@vox-speech/contract';
import type { Metrics } from '../observe/index.js';
import type { LiveListener, LiveRequest, Runtime } from './types.js';

type Act = 'transcribe' | 'speak' | 'listen' | 'pull';

/** Every figure of requests to models comes from here, and from `measuredListen`. */
export function measured(runtime: Runtime, metrics: Metrics): Runtime {
  const { failed, counted } = counts(metrics);
  /** Engine time of what has ended well; the failure of what has begun. */
  const decoded = (act: Act, model: string, summary: Promise<{ processingMs: number }>): void =>
    void summary.then(
      ({ processingMs }) => metrics.use.decode.observe({ model, act }, processingMs / 1000),
      (error) => failed(act, error),
    );

  /** @param since when the first text came */
  const firstAudio = (model: string, since: number | undefined): void => {
    if (since !== undefined) metrics.use.firstAudio.observe({ model }, (performance.now() - since) / 1000);
  };

  return {
    ...runtime,

    transcribe: (request) =>
      counted('transcribe', async () => {
        const transcription = await runtime.transcribe(request);
        decoded('transcribe', transcription.model, transcription.summary);
        return transcription;
      }),

    speak: (request) =>
      counted('speak', async () => {
        const since = performance.now();
        const speech = await runtime.speak(request);
        decoded('speak', speech.model, speech.summary);
        return { ...speech, audio: tellFirst(speech.audio, () => firstAudio(speech.model, since)) };
      }),

    speakStream: (request, listener) =>
      counted('speak', async () => {
        let since: number | undefined;
        let told = false;
        const speech = await runtime.speakStream(request, {
          progress: (progress) => listener.progress(progress),
          audio(bytes) {
            if (!told) firstAudio(speech.model, since);
            told = true;
            return listener.audio(bytes);
          },
        });
        decoded('speak', speech.model, speech.done);
        return {
          model: speech.model,
          sampleRate: speech.sampleRate,
          warnings: speech.warnings,
          done: speech.done,
          append(text) {
            since ??= performance.now();
            speech.append(text);
          },
          flush: () => speech.flush(),
          finish: () => speech.finish(),
        };
      }),

    async *pull(model, options) {
      try {
        yield* runtime.pull(model, options);
        metrics.use.pulls.inc({ outcome: 'success' });
      } catch (error) {
        const stopped = VoxError.is(error) && error.code === 'cancelled';
        metrics.use.pulls.inc({ outcome: stopped || options.signal.aborted ? 'cancelled' : 'failed' });
        throw error;
      }
    },
  };
}

/** Live streams, those of sessions by id too, which the runtime opens itself. */
export function measuredListen(listen: Runtime['listen'], metrics: Metrics): Runtime['listen'] {
  const { failed, counted } = counts(metrics);
  return (request, listener) =>
    counted('listen', async () => {
      const watch = new LiveWatch(metrics, request, listener, (error) => failed('listen', error));
      return watch.over(await listen(request, watch));
    });
}

function counts(metrics: Metrics) {
  const failed = (act: Act, error: unknown): void =>
    metrics.use.errors.inc({ act, code: VoxError.is(error) ? error.code : 'internal' });
  return {
    failed,
    async counted<T>(act: Act, work: () => Promise<T>): Promise<T> {
      metrics.use.acts.inc({ act });
      try {
        return await work();
      } catch (error) {
        failed(act, error);
        throw error;
      }
    },
  };
}

async function* tellFirst<T>(items: AsyncIterable<T>, tell: () => void): AsyncGenerator<T> {
  let told = false;
  for await (const item of items) {
    if (!told) tell();
    told = true;
    yield item;
  }
}

type Session = Awaited<ReturnType<Runtime['listen']>>;

/** Stands between a session and its dialect. */
class LiveWatch implements LiveListener {
  readonly #metrics: Metrics;
  readonly #listener: LiveListener;
  readonly #failed: (error: unknown) => void;
  readonly #bytesPerMs: number;
  /** Audio comes as it is spoken; otherwise how far behind it is says nothing of the server. */
  readonly #inRealTime: boolean;
  #bytes = 0;
  #session: Session | undefined;

  constructor(
    metrics: Metrics,
    request: LiveRequest,
    listener: LiveListener,
    failed: (error: unknown) => void,
  ) {
    this.#metrics = metrics;
    this.#listener = listener;
    this.#failed = failed;
    this.#bytesPerMs = liveBytesPerMs(request.options);
    this.#inRealTime = request.options.endpointing.patient !== true;
  }

  /** The session as the dialect gets it: it counts what comes in. */
  over(session: Session): Session {
    this.#session = session;
    return {
      model: session.model,
      info: session.info,
      get queuedMs() {
        return session.queuedMs;
      },
      append: (bytes) => {
        this.#bytes += bytes.length;
        return session.append(bytes);
      },
      commit: () => session.commit(),
      heard: () => session.heard(),
      finish: () => session.finish(),
    };
  }

  onEvent(event: Parameters<LiveListener['onEvent']>[0]): void {
    const { use } = this.#metrics;
    const model = this.#session?.model ?? '';
    if (event.type === 'partial' && this.#inRealTime) {
      const lagMs = this.#bytes / this.#bytesPerMs - event.endMs;
      use.lag.observe({ model }, Math.max(0, lagMs) / 1000);
    } else if (event.type === 'final') {
      const { firstPartialMs, endpointToFinalMs, decodeMs } = event.timing;
      if (firstPartialMs !== undefined) use.firstPartial.observe({ model }, firstPartialMs / 1000);
      use.endToFinal.observe({ model }, endpointToFinalMs / 1000);
      use.decode.observe({ model, act: 'listen' }, decodeMs / 1000);
      use.queue.observe({ model }, (this.#session?.queuedMs ?? 0) / 1000);
    } else if (event.type === 'dropped') use.dropped.inc({ model }, event.frames);
    this.#listener.onEvent(event);
  }

  onDrain(): void {
    this.#listener.onDrain();
  }

  onEnd(summary: Parameters<LiveListener['onEnd']>[0]): void {
    this.#listener.onEnd(summary);
  }

  onError(error: Error): void {
    this.#failed(error);
    this.#listener.onError(error);
  }
}

/** Opens a live session for dialects that read one message after the other, with its back-pressure as a promise. */
import type { LiveEvent, LiveOptions, LiveSummary, Warning } from '@vox-speech/contract';
import type { LiveSession, Runtime } from './types.js';

/** The client's connection. */
export interface ListeningChannel {
  /** Aborts when the client is gone or has cancelled: everything ends then. */
  readonly signal: AbortSignal;
  /** Says what went wrong and closes. */
  fail(error: unknown): void;
}

export interface Listening {
  readonly session: LiveSession;
  readonly warnings: readonly Warning[];
  /** Takes PCM16; resolves, where it returns a promise, when there is room for more. */
  append(bytes: Uint8Array): Promise<void> | void;
}

/** Audio that may wait unheard, in ms: what comes faster than it can be heard waits at the client. */
const QUEUE_MS = 10_000;

/** Throws what `Runtime.listen` throws. */
export async function listenTo(
  runtime: Runtime,
  channel: ListeningChannel,
  request: { readonly model: string; readonly options: LiveOptions },
  on: { event(event: LiveEvent): void; end(summary: LiveSummary): void },
): Promise<Listening> {
  const warnings: Warning[] = [];
  let resume: () => void = () => {};
  channel.signal.addEventListener('abort', () => resume(), { once: true });
  const session = await runtime.listen(
    { ...request, queueMs: QUEUE_MS, overflow: 'wait', signal: channel.signal },
    {
      onEvent: (event) => (event.type === 'warning' ? void warnings.push(event.warning) : on.event(event)),
      onDrain: () => resume(),
      onEnd: (summary) => on.end(summary),
      onError: (error) => {
        resume();
        channel.fail(error);
      },
    },
  );
  return {
    session,
    warnings,
    append(bytes) {
      if (session.append(bytes) || channel.signal.aborted) return;
      return new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
  };
}

/** What `temperature` above 0 is answered with: engines decode greedily here. */
export function temperatureWarning(temperature: number): Warning[] {
  if (temperature === 0) return [];
  const message = 'temperature: live transcription always takes the likeliest words';
  return [{ type: 'unsupported', option: 'temperature', message }];
}

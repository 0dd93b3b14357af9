/** One request through an engine's own wire, with times: the first after a start compiles and allocates, so that no user waits for it. */
import { encodeWav, int16ToFloat } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { WebSocket } from 'ws';

/** What Voxtral Realtime hears, Hz; others hear it too. */
export const WARM_UP_RATE = 16_000;
/** Bytes of a message: 80 ms of PCM16, one step of the model (yap.md section 4). */
const STEP_BYTES = 2_560;
/** ms that one request has; the first of a new engine may compile for a minute. */
const TIMEOUT_MS = 180_000;
const SENTENCE = 'The engine is warm now.';

export interface WarmUpOptions {
  /** `http://host:port` */
  readonly url: string;
  readonly wire: 'vllm-realtime' | 'openai-transcriptions' | 'openai-speech';
  /** Name under which it lists the model. */
  readonly served: string;
  /** PCM16, mono, 16 kHz; for models that hear. */
  readonly audio: Uint8Array;
  readonly signal: AbortSignal;
}

/** Times in ms from the moment of asking. */
export interface WarmUpTimes {
  /** Until it was spoken to: the socket is open and greeted, or the head of the answer is here. */
  readonly readyMs: number;
  /** First text, or first sound. Absent = there was none: silence has no words. */
  readonly firstMs?: number;
  /** The whole answer. */
  readonly totalMs: number;
  readonly text?: string;
  /** Bytes of sound. */
  readonly bytes?: number;
}

/** Throws VoxError `upstream_failed` with what the engine said, `timeout` after three minutes, or the signal's reason. */
export async function warmUp(options: WarmUpOptions): Promise<WarmUpTimes> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  const limited = { ...options, signal: AbortSignal.any([options.signal, deadline]) };
  const ask = { 'vllm-realtime': realtime, 'openai-transcriptions': transcription, 'openai-speech': speech };
  try {
    return await ask[options.wire](limited);
  } catch (error) {
    options.signal.throwIfAborted();
    if (deadline.aborted)
      throw new VoxError('timeout', `no answer in ${TIMEOUT_MS / 1000} s; see vox engine logs`);
    if (VoxError.is(error)) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VoxError('upstream_failed', `${options.url} does not answer: ${why}; see vox engine status`, {
      cause: error,
    });
  }
}

function clock(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

/** One utterance over `/v1/realtime` (wire.md section 2c), its audio sent at once. */
async function realtime({ url, served, audio, signal }: WarmUpOptions): Promise<WarmUpTimes> {
  const since = clock();
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/realtime`, { perMessageDeflate: false });
  const stop = () => socket.terminate();
  signal.addEventListener('abort', stop, { once: true });
  let readyMs = 0;
  let firstMs: number | undefined;
  try {
    return await new Promise<WarmUpTimes>((resolve, reject) => {
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on('error', reject);
      socket.on('close', (code) => reject(new VoxError('upstream_failed', `it closed the socket (${code})`)));
      socket.on('message', (data) => {
        const message = readMessage(String(data));
        if (message.type === 'session.created') {
          readyMs = since();
          send({ type: 'session.update', model: served });
          send({ type: 'input_audio_buffer.commit' });
          for (let at = 0; at < audio.length; at += STEP_BYTES)
            send({
              type: 'input_audio_buffer.append',
              audio: Buffer.from(audio.subarray(at, at + STEP_BYTES)).toString('base64'),
            });
          send({ type: 'input_audio_buffer.commit', final: true });
        } else if (message.type === 'transcription.delta') firstMs ??= since();
        else if (message.type === 'transcription.done')
          resolve({ readyMs, totalMs: since(), text: String(message.text ?? ''), ...first(firstMs) });
        else if (message.type === 'error')
          reject(
            new VoxError('upstream_failed', `it says: ${String(message.error)} (${String(message.code)})`),
          );
      });
    });
  } finally {
    signal.removeEventListener('abort', stop);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

async function transcription({ url, served, audio, signal }: WarmUpOptions): Promise<WarmUpTimes> {
  const since = clock();
  const wav = encodeWav(int16ToFloat(audio), WARM_UP_RATE);
  const form = new FormData();
  form.set('model', served);
  form.set('response_format', 'json');
  form.set('file', new Blob([wav], { type: 'audio/wav' }), 'warm-up.wav');
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form, signal });
  const readyMs = since();
  const text = readMessage(await whole(response)).text;
  return { readyMs, totalMs: since(), text: typeof text === 'string' ? text : '' };
}

async function speech({ url, served, signal }: WarmUpOptions): Promise<WarmUpTimes> {
  const since = clock();
  const response = await fetch(`${url}/v1/audio/speech`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: served, input: SENTENCE, response_format: 'wav' }),
    signal,
  });
  const readyMs = since();
  if (!response.ok) await whole(response);
  let firstMs: number | undefined;
  let bytes = 0;
  for await (const part of response.body ?? []) {
    firstMs ??= since();
    bytes += part.length;
  }
  return { readyMs, totalMs: since(), bytes, ...first(firstMs) };
}

/** The body; throws VoxError `upstream_failed` with what the engine says where the status is no success. */
async function whole(response: Response): Promise<string> {
  const body = await response.text();
  if (response.ok) return body;
  throw new VoxError('upstream_failed', `it answers ${response.status}: ${body.slice(0, 300)}`);
}

function first(firstMs: number | undefined): { readonly firstMs?: number } {
  return firstMs === undefined ? {} : { firstMs };
}

function readMessage(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

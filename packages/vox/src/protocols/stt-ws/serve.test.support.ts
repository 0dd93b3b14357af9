/** A server with the dialect on a scripted runtime, and a client that keeps what it is told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { EndReason, FinalTiming, LiveEvent } from '@vox-speech/contract';
import { SocketClient, type Told } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import { register, type SttSettings } from './index.js';

export const SETTINGS: SttSettings = {
  queueFrames: 200,
  maxDrops: 500,
  outQueue: 50,
  partialMs: 500,
  detector: 'energy',
  threshold: 300,
  silenceMs: 500,
};

export async function serve(t: TestContext, settings: Partial<SttSettings> = {}) {
  const { runtime, url, socketUrl, uploadDirectory, scrape, lines, sockets } = await stage(
    t,
    ({ app, ...parts }) =>
      register(app, { ...parts, settings: { ...SETTINGS, ...settings }, compat: true, stallMs: 5_000 }),
  );
  const connect = (query: string | Record<string, string> = {}): Promise<SocketClient> => {
    const text = typeof query === 'string' ? query : String(new URLSearchParams({ ...PARAMETERS, ...query }));
    return SocketClient.open(`${socketUrl}/v1/stt/ws?${text}`);
  };
  /** A connection that is ready, and the recogniser that the test plays. */
  const session = async (query: Record<string, string> = {}) => {
    const client = await connect(query);
    await client.next('ready');
    const live = runtime.asked.listen.at(-1);
    assert.ok(live);
    return { client, live, say: (event: LiveEvent) => live.listener.onEvent(event) };
  };
  return { runtime, url, directory: uploadDirectory, connect, session, scrape, lines, sockets };
}

const PARAMETERS = { call_id: 'c1', sample_rate: '16000' };

/** The error frame and the close must say the same. */
export async function refused(client: SocketClient): Promise<{ code: number; message: string; frame: Told }> {
  const [code, message] = await client.closed;
  const frame = client.messages.at(-1);
  assert.equal(frame?.type, 'error', JSON.stringify(client.told));
  assert.deepEqual([frame.code, frame.message], [code, message]);
  return { code, message, frame };
}

const TIMING: FinalTiming = {
  firstPartialMs: 120.4,
  endpointToFinalMs: 80.2,
  sinceFirstAudioMs: 3_250,
  decodeMs: 61.6,
  revisedShare: 0,
};

export function partial(text: string, stable = 0): LiveEvent {
  return { type: 'partial', utterance: 1, text, stable, startMs: 0, endMs: 400 };
}

export function final(
  text: string,
  reason: EndReason = 'silence',
  timing: Partial<FinalTiming> = {},
): LiveEvent {
  return {
    type: 'final',
    utterance: 1,
    text,
    startMs: 100,
    endMs: 3_300.4,
    reason,
    timing: { ...TIMING, ...timing },
  };
}

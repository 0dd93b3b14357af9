/** A server with the dialect on a scripted runtime, and clients that keep what they are told. */
import type { TestContext } from 'node:test';
import type { EndReason, LiveEvent, Word } from '@vox-speech/contract';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import type { DeepgramSettings } from './codec.js';
import { register } from './index.js';

export async function serve(t: TestContext, settings: Partial<DeepgramSettings> = {}) {
  const { runtime, url, socketUrl, live, uploadDirectory } = await stage(t, ({ app, ...parts }) =>
    register(app, {
      ...parts,
      settings: { endpointingMs: 400, idleMs: Number.POSITIVE_INFINITY, ...settings },
      stallMs: 5_000,
    }),
  );
  const connect = (query = RAW): Promise<SocketClient> =>
    SocketClient.open(`${socketUrl}/v1/listen?${query}`);
  /** A connection whose session is open, and the recogniser that the test plays. */
  const session = async (query = RAW) => {
    const before = runtime.asked.listen.length;
    const client = await connect(query);
    const opened = await live(before);
    return { client, live: opened, say: (event: LiveEvent) => opened.listener.onEvent(event) };
  };
  return { runtime, url, directory: uploadDirectory, connect, session };
}

export const RAW = 'model=nova-3&encoding=linear16&sample_rate=16000&punctuate=true';

export function partial(text: string): LiveEvent {
  return { type: 'partial', utterance: 1, text, stable: 0, startMs: 320, endMs: 900 };
}

export function final(text: string, reason: EndReason = 'silence', words?: readonly Word[]): LiveEvent {
  return {
    type: 'final',
    utterance: 1,
    text,
    startMs: 320,
    endMs: 2_480.4,
    reason,
    ...(words === undefined ? {} : { words }),
    timing: { endpointToFinalMs: 80, sinceFirstAudioMs: 3_000, decodeMs: 60, revisedShare: 0 },
  };
}

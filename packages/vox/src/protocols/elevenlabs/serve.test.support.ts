/** A server with the dialect on a scripted runtime. */
import type { TestContext } from 'node:test';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import { register } from './index.js';

export async function serve(t: TestContext) {
  const { runtime, url, socketUrl, uploadDirectory } = await stage(t, ({ app, ...parts }) =>
    register(app, { ...parts, voiceAliases: [{ name: 'Rachel', target: 'af_nova' }] }),
  );
  const post = (path: string, body: unknown) =>
    fetch(`${url}/v1/text-to-speech/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'xi-api-key': 'x' },
      body: JSON.stringify(body),
    });
  const connect = (path: string): Promise<SocketClient> =>
    SocketClient.open(`${socketUrl}/v1/text-to-speech/${path}`);
  return { runtime, url, directory: uploadDirectory, post, connect };
}

import { type VoxClient, VoxClientError } from '@vox-speech/client';
import { clientConfig, clientOptions, completes, type Define, examples } from './command.js';
import { withServer } from './local-server.js';
import { json } from './output.js';

export const define: Define = (command, context) => {
  command
    .argument('<model>', 'a model that was pulled, or one of the catalog')
    .action(async (model: string) => {
      const details = await withServer(clientConfig(command, context), context, (client) =>
        describe(client, model, context.signal),
      );
      context.output.line(json(details));
    });
  clientOptions(command, 'accepted; the answer is JSON anyway');
  completes(command, { model: 'pulled' });
  examples(command, ['vox show whisper:base', 'vox show kokoro | jq .config.license']);
};

/** The manifest of a pulled model, else what the catalog says of it. */
async function describe(client: VoxClient, model: string, signal: AbortSignal): Promise<object> {
  try {
    return await client.show(model, { signal });
  } catch (error) {
    if (!VoxClientError.is(error) || error.status !== 404) throw error;
    return client.describe(model, { signal }).catch(() => {
      throw error;
    });
  }
}

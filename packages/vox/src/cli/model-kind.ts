/** What a model does: `stt`, `tts`, ... */
import { type VoxClient, VoxClientError } from '@vox-speech/client';

/**
 * The kind of a pulled model, else of the catalog's entry (a server with --auto-pull may fetch it yet).
 * Throws VoxClientError when neither knows the name; the message has the pull command where it helps.
 */
export async function kindOf(client: VoxClient, model: string, signal: AbortSignal): Promise<string> {
  try {
    const { config } = await client.show(model, { signal });
    return String(config.type);
  } catch (error) {
    if (!VoxClientError.is(error) || error.status !== 404) throw error;
    const found = (await client.search({ text: model }, { signal }).catch(() => undefined))?.models ?? [];
    const entry = found.find((candidate) => candidate.name === model);
    if (entry !== undefined) return entry.type;
    throw error;
  }
}

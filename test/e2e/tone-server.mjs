/** A server whose default recogniser is the fixture with T-one's inputs and outputs. */
import { startServer } from './server.mjs';
import { TONE, toneHome } from './tone-home.mjs';

/** Starts it. `stop` removes its folder too. What `toneHome` does with the other arguments it says itself. */
export async function startToneServer(search = undefined, parameters = {}) {
  const { home, remove } = await toneHome({ search, parameters });
  try {
    const server = await startServer({ home, env: { VOX_STT_MODEL: TONE } });
    return { ...server, stop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

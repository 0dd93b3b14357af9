/**
 * vLLM's `/v1/realtime`, one connection: JSON text both ways, a queue of audio, and at most one generation that eats
 * from it. What vLLM does oddly is done as oddly here: nothing acknowledges `session.update`, a second start is ignored,
 * a final commit is only a mark in the queue, and `done` empties the queue of what came behind it.
 */
import { randomUUID } from 'node:crypto';
import { now } from './ledger.mjs';
import { BYTES_PER_SECOND, pcmOf } from './pcm-in.mjs';

/** vLLM's decoder makes one token for so many ms of audio. */
export const STEP_MS = 80;
/** Tokens before the first step: the beginning and 32 of padding; the delay's come on top. */
const PROMPT_TOKENS = 33;
/** In the queue: the client's final commit. */
const END = Symbol('final');
const ERRORS = {
  unvalidated: 'Model not validated. Make sure to validate the model by sending a session.update event.',
};

/**
 * @param {import('ws').WebSocket} ws
 * @param {import('./index.mjs').House} house what the whole stand-in shares
 */
export function serveRealtime(ws, house) {
  const { switches, ledger, engine } = house;
  const connection = ledger.connection();
  const queue = audioQueue();
  const outbox = [];
  /** Aborts when the client has left. */
  const gone = new AbortController();
  let validated = false;
  let generation;
  let hearing;

  /** Says it, or keeps it while the stall lasts. */
  const say = (event, sent = () => {}) => {
    outbox.push({ text: JSON.stringify(event), sent });
    flush();
  };
  const flush = () => {
    while (!switches.stall && outbox.length > 0 && ws.readyState === ws.OPEN) {
      const { text, sent } = outbox.shift();
      const at = now();
      ws.send(text);
      sent(at);
    }
  };
  const fail = (error, code) => say({ type: 'error', error, code });

  /** One delta, often an empty one; the last one that a switch allows takes the connection with it. */
  const delta = (mine, text) =>
    say({ type: 'transcription.delta', delta: text }, (at) => {
      mine.tokens.push({ text, at });
      if (mine.tokens.length >= (switches.dropAfterTokens || Number.POSITIVE_INFINITY)) drop();
    });
  const drop = () => {
    if (generation) ledger.end(generation, 'dropped');
    ws.terminate();
  };

  /** Eats audio until the final commit, then says the rest. */
  async function generate(mine, ear) {
    let bytes = 0;
    let steps = 0;
    for (let chunk = await queue.take(); chunk !== END; chunk = await queue.take()) {
      if (mine.endedAt !== undefined) return;
      bytes += chunk.length;
      mine.audioSeconds = bytes / BYTES_PER_SECOND;
      if (mine.audioSeconds > (switches.contextSeconds || Number.POSITIVE_INFINITY))
        throw new Error(
          `The audio of this connection is longer than the model's context: ${mine.audioSeconds} s`,
        );
      ear.push(chunk);
      const heard = Math.floor((mine.audioSeconds * 1000 - house.delayMs) / STEP_MS);
      for (; steps < heard && mine.endedAt === undefined; steps++) delta(mine, ear.next());
    }
    if (mine.endedAt !== undefined) return;
    mine.finalAt = now();
    const [rest] = await Promise.all([
      ear.finish(),
      switches.flushMs > 0 ? house.pause(switches.flushMs, gone.signal) : undefined,
    ]);
    for (const text of rest) if (mine.endedAt === undefined) delta(mine, text);
    if (mine.endedAt !== undefined) return;
    const prompt = PROMPT_TOKENS + house.delayMs / STEP_MS;
    const said = steps + rest.length;
    say(
      {
        type: 'transcription.done',
        text: ear.text(),
        usage: {
          prompt_tokens: prompt,
          total_tokens: prompt + said,
          completion_tokens: said,
          prompt_tokens_details: null,
        },
      },
      () => ledger.end(mine, 'done'),
    );
    queue.clear();
  }

  function start() {
    if (generation !== undefined && generation.endedAt === undefined) return;
    const mine = ledger.generation(connection.id);
    generation = mine;
    if (switches.failWith !== undefined) {
      ledger.end(mine, 'error');
      return fail(house.failure().message, 'processing_error');
    }
    const ear = engine.hear(mine.id);
    hearing = ear;
    generate(mine, ear)
      .catch((error) => {
        if (mine.endedAt !== undefined) return;
        ledger.end(mine, 'error');
        fail(error.message, 'processing_error');
      })
      .finally(() => ear.close());
  }

  function handle(event) {
    if (event === null || typeof event !== 'object' || Array.isArray(event))
      return fail('An event must be a JSON object', 'invalid_event');
    switch (event.type) {
      case 'session.update':
        if (typeof event.model !== 'string') return fail("Field required: 'model'", 'invalid_event');
        if (!house.serves(event.model))
          return fail(`The model \`${event.model}\` does not exist.`, 'model_not_found');
        validated = true;
        return;
      case 'input_audio_buffer.append': {
        if (typeof event.audio !== 'string') return fail("Field required: 'audio'", 'invalid_event');
        const pcm = pcmOf(event.audio);
        if (pcm === undefined) return fail('Invalid audio data', 'invalid_audio');
        return queue.put(pcm);
      }
      case 'input_audio_buffer.commit':
        if (!validated) return fail(ERRORS.unvalidated, 'model_not_validated');
        return event.final === true ? queue.put(END) : start();
      default:
        return fail(`Unknown event type: ${event.type}`, 'unknown_event');
    }
  }

  ws.on('message', (data, isBinary) => {
    // The original's reader wants text and ends on anything else.
    if (isBinary) return ws.close(1000);
    let event;
    try {
      event = JSON.parse(data.toString('utf8'));
    } catch {
      return fail('Invalid JSON', 'invalid_json');
    }
    handle(event);
  });
  ws.on('error', () => {});
  ws.on('close', () => {
    if (generation) ledger.end(generation, 'closed');
    gone.abort();
    hearing?.close();
    queue.clear();
    queue.put(END);
    connection.closed();
    house.realtime.delete(self);
  });

  /** A fault of the engine: what runs now ends. */
  const interrupt = () => {
    if (generation === undefined || generation.endedAt !== undefined) return;
    ledger.end(generation, 'error');
    hearing?.close();
    fail(house.failure().message, 'processing_error');
  };
  const self = { flush, drop, interrupt };
  house.realtime.add(self);
  say({
    type: 'session.created',
    id: `sess-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
  });
}

/** Audio and marks, in order; one taker at a time. Unbounded, as vLLM's is. */
function audioQueue() {
  let waiting = [];
  let wake;
  return {
    put(item) {
      if (wake) {
        const give = wake;
        wake = undefined;
        give(item);
      } else waiting.push(item);
    },
    take: () =>
      waiting.length > 0
        ? waiting.shift()
        : new Promise((resolve) => {
            wake = resolve;
          }),
    clear() {
      waiting = [];
    },
  };
}

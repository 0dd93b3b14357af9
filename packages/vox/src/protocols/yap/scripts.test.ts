/**
 * Any client, on scripted recognisers: whatever it says in whatever order, no socket dies, every utterance ends once, and
 * nothing stays open behind it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FakeLive } from '../../runtime/fake-live.test.support.js';
import type { Told } from '../../transport/socket-client.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { type Client, final, partial, serve } from './serve.test.support.js';

const IDS = ['a', 'b', 'c'] as const;
const step = fc.oneof(
  fc.record({ act: fc.constantFrom('start', 'append', 'commit', 'cancel'), id: fc.constantFrom(...IDS) }),
  fc.record({
    act: fc.constantFrom('ping', 'update', 'noise', 'bytes', 'words', 'drop'),
    id: fc.constant(''),
  }),
);
type Step = { readonly act: string; readonly id: string };
const WORDS: Step = { act: 'words', id: '' };

function say(client: Client, { act, id }: Step): void {
  if (act === 'start') client.start(id);
  else if (act === 'append') client.append(id);
  else if (act === 'commit') client.commit(id);
  else if (act === 'cancel') client.send('cancel', id, { reason: `stop ${id}` });
  else if (act === 'ping') client.send('ping', 'keepalive');
  else if (act === 'update') client.send('session.update', 'u', { delay_ms: 960 });
  else if (act === 'noise') client.socket.send('{"type":');
  else client.socket.ws.send(Buffer.alloc(321));
}

/** Plays every recogniser that is still listened to: words now, and the final of each commit. */
function recognise(sessions: readonly FakeLive[], answered: Set<FakeLive>): void {
  for (const session of sessions) {
    if (session.request.signal.aborted || answered.has(session)) continue;
    if (session.audio.length > 0) session.listener.onEvent(partial('some words', 4));
    if (!session.log.includes('commit')) continue;
    answered.add(session);
    session.listener.onEvent(final('some words.'));
  }
}

/** What a client of this protocol may rely on. */
function check(told: readonly Told[]): void {
  const open = new Map<unknown, string>();
  for (const { type, request_id: id, payload } of told) {
    const { text, normalized_text: whole } = payload as { text?: string; normalized_text?: string };
    if (type === 'token') {
      assert.notEqual(open.get(id), 'final', 'no token behind the final');
      open.set(id, (open.get(id) ?? '') + text);
    } else if (type === 'final') {
      assert.equal(open.get(id) ?? '', whole, 'the tokens are the final');
      open.set(id, 'final');
    } else if (type === 'done') {
      assert.equal(open.get(id), 'final', 'done right behind the final');
      open.delete(id);
    } else if (type === 'cancelled') {
      assert.notEqual(open.get(id), 'final', 'not cancelled once it was final');
      open.delete(id);
    }
  }
  for (const state of open.values()) assert.notEqual(state, 'final');
}

/** Which utterances began and how they ended, as the protocol defines it, from the script alone. */
function expected(steps: readonly Step[]): string[] {
  const ends: string[] = [];
  let open: { readonly id: string; audio: boolean; committed: boolean } | undefined;
  const ended = new Set<string>();
  const end = (how: string): void => {
    ends.push(how);
    if (open !== undefined) ended.add(open.id);
    open = undefined;
  };
  for (const { act, id } of [...steps, WORDS]) {
    const own = open?.id === id;
    if (act === 'start' && !own) {
      if (open !== undefined) end(`barge_in ${open.id}`);
      ended.delete(id);
      open = { id, audio: false, committed: false };
    } else if (open === undefined) continue;
    else if (((act === 'append' && own) || act === 'bytes') && !open.committed) open.audio = true;
    else if (act === 'commit' && own) {
      open.committed = true;
      if (!open.audio) end(`done ${id}`);
    } else if (act === 'words' && open.committed) end(`done ${open.id}`);
    else if (act === 'cancel' && (own || !ended.has(id))) end(`stop ${id} ${open.id}`);
  }
  return ends;
}

test('100 random scripts: no socket dies, every utterance ends once, nothing stays open', async (t) => {
  const { runtime, greeted } = await serve(t);
  const answered = new Set<FakeLive>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (script) => {
      const first = runtime.asked.listen.length;
      const client = await greeted();
      const dropAt = script.findIndex(({ act }) => act === 'drop');
      const steps = dropAt < 0 ? script : script.slice(0, dropAt);
      for (const one of [...steps, WORDS]) {
        if (one.act !== 'words') {
          say(client, one);
          continue;
        }
        await heard(client);
        recognise(runtime.asked.listen.slice(first), answered);
      }
      await heard(client);
      const { messages, ws } = client.socket;
      assert.equal(ws.readyState, ws.OPEN, 'the socket lives');
      check(messages);
      const ends = messages.flatMap(({ type, request_id: id, payload }) => {
        if (type === 'done') return [`done ${id}`];
        const { reason = '' } = payload as { reason?: string };
        return type === 'cancelled' ? [`${reason} ${id}`] : [];
      });
      // A cancel is always answered, also where there was nothing: those answers name no utterance that ended.
      for (const how of expected(steps)) {
        const at = ends.indexOf(how);
        assert.ok(at >= 0, `${how} is missing in ${JSON.stringify(ends)}`);
        ends.splice(at, 1);
      }
      for (const more of ends) assert.match(more, /^stop (\w) \1$/);
      if (dropAt >= 0) ws.terminate();
      else ws.close();
      const alive = () =>
        runtime.asked.listen.slice(first).filter(({ request }) => !request.signal.aborted).length;
      await until('nothing is open', () => alive() === 0);
    }),
    { numRuns: 100 },
  );
});

/** All that was said so far has been handled. */
async function heard({ socket }: Client): Promise<void> {
  const pongs = () => socket.messages.filter(({ request_id }) => request_id === 'fence').length;
  const before = pongs();
  socket.send({ type: 'ping', session_id: 's1', request_id: 'fence' });
  await until('the fence', () => pongs() > before);
}

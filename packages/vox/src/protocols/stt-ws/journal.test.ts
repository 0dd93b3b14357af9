/** What is counted and logged (stt-ws.md section 4), and that nobody's words are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../transport/waiting.test.support.js';
import { connectionId } from './connection-id.js';
import { final, partial, serve } from './serve.test.support.js';

test('every name of the original is there from the first scrape, on /metrics too', async (t) => {
  const { scrape } = await serve(t);
  const text = (await scrape()).join('\n');
  const types: Record<string, string[]> = {
    gauge: [
      'stt_active_connections',
      'stt_q_in_depth',
      'stt_q_out_depth',
      'stt_close_created',
      'stt_in_bytes_created',
      'stt_asr_infer_ms_created',
    ],
    counter: [
      'stt_close_total',
      'stt_error_total',
      'stt_in_bytes_total',
      'stt_out_events_total',
      'stt_q_in_overflow_total',
      'stt_q_in_frames_dropped_total',
      'stt_q_out_overflow_total',
      'stt_partials_dropped_backpressure_total',
      'stt_finalize_total',
    ],
    histogram: ['stt_asr_infer_ms', 'stt_ttfb_ms', 'stt_final_latency_ms', 'stt_endpoint_to_final_ms'],
  };
  for (const [type, names] of Object.entries(types))
    for (const name of names) assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
  for (const bucket of ['stt_asr_infer_ms_bucket{le="5000"}', 'stt_ttfb_ms_bucket{le="25"}'])
    assert.ok(text.includes(bucket), bucket);
});

test('a whole session in figures', async (t) => {
  const { session, scrape, lines } = await serve(t);
  const { client, live, say } = await session();
  client.ws.send(Buffer.alloc(640));
  client.ws.send(Buffer.alloc(3));
  client.ws.send('{"type":"commit"}');
  await until('heard', () => live.log.includes('commit'));
  say(partial('a'));
  say(final('a b', 'commit'));
  say(final('', 'silence'));
  await client.next('partial');
  await client.next('final');
  assert.ok((await scrape()).includes('stt_active_connections 1'));
  client.ws.close(1000);
  await client.closed;
  await until('the end', () => lines.some(({ event }) => event === 'ws.closed'));
  const metrics = await scrape();
  for (const line of [
    'stt_active_connections 0',
    'stt_in_bytes_total 643',
    'stt_out_events_total{type="ready"} 1',
    'stt_out_events_total{type="partial"} 1',
    'stt_out_events_total{type="final"} 1',
    'stt_finalize_total{reason="commit"} 1',
    'stt_finalize_total{reason="endpoint"} 1',
    'stt_asr_infer_ms_count 2',
    'stt_ttfb_ms_bucket{le="100"} 0',
    'stt_ttfb_ms_bucket{le="250"} 1',
    'stt_final_latency_ms_sum 3250',
    'stt_endpoint_to_final_ms_bucket{le="100"} 1',
    'stt_close_total{code="1000"} 1',
  ])
    assert.ok(metrics.includes(line), line);
});

test('lines carry the original’s keys, and no words', async (t) => {
  const { session, lines } = await serve(t);
  const { client, say } = await session({ call_id: 'x'.repeat(500) });
  const secret = 'the nuclear codes';
  say(partial(secret));
  say(final(secret));
  await client.next('partial');
  await client.next('final');
  client.ws.close();
  await until('the end', () => lines.some(({ event }) => event === 'ws.closed'));
  const names = lines.map(({ event }) => event);
  assert.deepEqual(names, [
    'ws.accepted',
    'ws.ready_sent',
    'ws.send.partial',
    'infer.asr',
    'ws.send.final',
    'ws.closed',
  ]);
  for (const line of lines) {
    assert.equal(line.call_id, 'x'.repeat(128));
    assert.equal(line.conn_id, client.messages[0]?.conn_id);
    assert.ok(Math.abs(Date.parse(String(line.ts)) - Number(line.ts_ms)) <= 1);
    assert.ok('level' in line && 'segment_seq' in line);
  }
  const sent = lines.find(({ event }) => event === 'ws.send.final') ?? {};
  const { segment_seq, reason, first_token_ms, latency_ms, segment_duration_ms, text_len } = sent;
  assert.deepEqual(
    [segment_seq, reason, first_token_ms, latency_ms, segment_duration_ms, text_len],
    [1, 'endpoint', 120, 3_250, 3_200, secret.length],
  );
  assert.doesNotMatch(JSON.stringify(lines), /nuclear/);
});

test('a bad end leaves one line with what came before it', async (t) => {
  const { session, lines } = await serve(t);
  const { client, say, live } = await session();
  for (let i = 0; i < 30; i++) client.ws.send(Buffer.alloc(640));
  await until('heard', () => live.log.length === 30);
  say({ type: 'dropped', fromMs: 0, toMs: 20, frames: 3 });
  say(final('a', 'commit'));
  client.ws.send('{"type":"nope"}');
  await client.closed;
  await until('the bundle', () => lines.some(({ event }) => event === 'ws.troubleshoot_bundle'));
  const bundle = lines.find(({ event }) => event === 'ws.troubleshoot_bundle') ?? {};
  assert.equal((bundle.last_events as string[]).length, 20);
  assert.equal((bundle.last_events as string[]).at(-1), 'ws.closed');
  const {
    peak_out_depth,
    overflow_in_count,
    overflow_out_count,
    last_infer_ms,
    finalize_reason,
    close_code,
  } = bundle;
  assert.deepEqual(
    [peak_out_depth, overflow_in_count, overflow_out_count, last_infer_ms, finalize_reason, close_code],
    [0, 3, 0, 62, 'commit', 1008],
  );
});

test('ids are UUIDs of version 7, and sort by time', () => {
  const id = connectionId(0x0123456789ab);
  assert.match(id, /^0123456789ab7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.notEqual(id, connectionId(0x0123456789ab));
  assert.ok(id < connectionId(0x0123456789ac));
});

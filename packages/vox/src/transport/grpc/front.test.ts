import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import { pino } from 'pino';
import { makeCertificate } from '../../local/tls/certificate.js';
import { until } from '../waiting.test.support.js';
import { GrpcServer, type GrpcServerOptions } from './index.js';
import { Intake } from './intake.js';

const PLACES = { places: 2, waiting: 1, timeoutMs: 10_000 };

test('places are given in order, and come back', () => {
  const intake = new Intake(PLACES);
  const entered: string[] = [];
  const take = (name: string) =>
    intake.take(
      () => entered.push(name),
      () => {},
    );
  const [a, b] = [take('a'), take('b')];
  const c = take('c');
  assert.deepEqual(entered, ['a', 'b']);
  assert.throws(() => take('d'), /too many messages/);
  // Who waits may go, and gives no place back that it never had.
  c();
  const e = take('e');
  a();
  a();
  assert.deepEqual(entered, ['a', 'b', 'e']);
  const f = take('f');
  b();
  assert.deepEqual(entered, ['a', 'b', 'e', 'f']);
  e();
  f();
  for (const leave of [take('g'), take('h')]) leave();
  assert.deepEqual(entered.slice(4), ['g', 'h']);
});

test('a message that does not come in time gives its place to the next', async () => {
  const intake = new Intake({ places: 1, waiting: 1, timeoutMs: 20 });
  const late: VoxError[] = [];
  intake.take(
    () => {},
    (error) => late.push(error),
  );
  await new Promise<void>((resolve) => {
    const leave = intake.take(() => setImmediate(() => resolve(leave())), assert.fail);
  });
  assert.equal(late[0]?.code, 'timeout');
});

const raw = { decode: (bytes: Buffer) => bytes, encode: (bytes: Buffer) => bytes };

/** Echoes; `/x.X/Wait` never answers. */
async function echo(
  t: TestContext,
  options: Partial<GrpcServerOptions>,
  secure = credentials.createInsecure(),
) {
  const server = new GrpcServer({
    log: pino({ enabled: false }),
    check: (_, headers) => (headers['x-api-key'] === 'k' ? 'known' : 'anybody'),
    messageBytes: 1_000_000,
    streamMessageBytes: 100_000,
    graceMs: 0,
    ...options,
  });
  const method = (path: string) => ({ path, requestStream: false, responseStream: false, ...raw });
  let waiting = 0;
  server.add({ kind: 'unary', method: method('/x.X/Echo'), handle: (bytes) => bytes });
  server.add({
    kind: 'unary',
    method: method('/x.X/Wait'),
    handle: () => {
      waiting++;
      return new Promise<Buffer>(() => {});
    },
  });
  let decoded = 0;
  const steps: (() => void)[] = [];
  server.add({
    kind: 'duplex',
    method: {
      ...method('/x.X/Steps'),
      requestStream: true,
      responseStream: true,
      decode: (bytes) => {
        decoded++;
        return bytes;
      },
    },
    async handle({ messages }) {
      for await (const _ of messages) await new Promise<void>((resolve) => steps.push(resolve));
    },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new Client(`127.0.0.1:${port}`, secure, {
    'grpc.use_local_subchannel_pool': 1,
  });
  t.after(async () => {
    client.close();
    await server.close();
  });
  const call = (path: string, key = '', bytes = 3) => {
    const metadata = new Metadata();
    metadata.set('x-api-key', key);
    return new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        raw.encode,
        raw.decode,
        Buffer.alloc(bytes),
        metadata,
        (error, value = Buffer.alloc(0)) => (error === null ? resolve(value) : reject(error)),
      );
    });
  };
  /** A stream whose handler is done with a message when its step is called. */
  const stream = () => client.makeBidiStreamRequest('/x.X/Steps', raw.encode, raw.decode);
  return { call, stream, steps, server, waiting: () => waiting, decoded: () => decoded };
}

const fails = (code: number) => (error: ServiceError) => error.code === code;

test('callers without a key hold few calls, and not for long; others are not touched', async (t) => {
  const { call, waiting } = await echo(t, { anybody: { calls: 2, lifeMs: 400 } });
  const held = [call('/x.X/Wait'), call('/x.X/Wait')].map((one) =>
    assert.rejects(one, fails(status.DEADLINE_EXCEEDED)),
  );
  await until('both', () => waiting() === 2);
  await assert.rejects(call('/x.X/Echo'), fails(status.RESOURCE_EXHAUSTED));
  assert.equal((await call('/x.X/Echo', 'k')).length, 3);
  await Promise.all(held);
  assert.equal((await call('/x.X/Echo')).length, 3);
});

test('what is refused is not read, and the end of the server ends what runs', async (t) => {
  const refused = await echo(t, {
    check: () => {
      throw new VoxError('unauthorized', 'no');
    },
  });
  await assert.rejects(refused.call('/x.X/Echo'), fails(status.UNAUTHENTICATED));
  const { call, server, waiting } = await echo(t, {});
  const running = assert.rejects(call('/x.X/Wait', 'k'), fails(status.UNAVAILABLE));
  await until('the call', () => waiting() === 1);
  await server.close();
  await running;
});

test('a stream holds one message at a time, and takes none as large as an upload may be', async (t) => {
  const { call, stream, steps, decoded } = await echo(t, {});
  const open = stream();
  const ended = new Promise<{ code: number }>((resolve) => open.on('status', resolve));
  open.resume();
  for (let count = 0; count < 40; count++) open.write(Buffer.alloc(50_000));
  open.end();
  for (let count = 1; count <= 40; count++) {
    await until(`message ${count}`, () => steps.length === count);
    // What reads ahead does so at once: time for it to happen.
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(decoded(), count);
    steps.at(-1)?.();
  }
  assert.equal((await ended).code, status.OK);

  assert.equal((await call('/x.X/Echo', 'k', 200_000)).length, 200_000);
  const large = stream();
  const refused = new Promise<ServiceError>((resolve) => large.on('error', resolve));
  large.resume();
  large.write(Buffer.alloc(200_000));
  assert.equal((await refused).code, status.RESOURCE_EXHAUSTED);
  assert.equal(decoded(), 40, 'it was refused by its length');
});

test('a port that is taken is named', async (t) => {
  const { server } = await echo(t, {});
  const { port } = await (await echo(t, {})).server.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(
    server.listen({ host: '127.0.0.1', port }),
    /127\.0\.0\.1:\d+.*EADDRINUSE.*--grpc-port/,
  );
});

test('with a certificate only those who trust it are served', async (t) => {
  const tls = makeCertificate(['127.0.0.1', 'localhost'], new Date());
  const trusting = await echo(t, { tls }, credentials.createSsl(Buffer.from(tls.cert)));
  assert.equal((await trusting.call('/x.X/Echo')).length, 3);
  for (const secure of [credentials.createSsl(), credentials.createInsecure()]) {
    const other = await echo(t, { tls }, secure);
    await assert.rejects(other.call('/x.X/Echo'), fails(status.UNAVAILABLE));
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { listenTcp, type TcpSettings } from './tcp.js';
import type { TcpConnection } from './tcp-connection.js';
import { allBytes, until } from './waiting.test.support.js';

async function serve(
  t: TestContext,
  open: (connection: TcpConnection) => void,
  settings: Partial<TcpSettings> = {},
) {
  const connections: TcpConnection[] = [];
  const listener = await listenTcp(
    { host: '127.0.0.1', port: 0, maxConnections: 2, idleMs: 60_000, ...settings },
    {
      open(connection) {
        connections.push(connection);
        open(connection);
      },
      full: () => [Buffer.from('full')],
    },
  );
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await listener.close(0);
  });
  const client = async (): Promise<Socket> => {
    const socket = connect(listener.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return { listener, connections, client };
}

/** All that a socket is told until the other side ends. */
async function all(socket: Socket): Promise<string> {
  return (await allBytes(socket)).toString();
}

const echo = (connection: TcpConnection): void =>
  connection.onBytes((bytes) => void connection.write([bytes]));

describe('a TCP listener', () => {
  it('tells one client too many that it is full, and has room again when one goes', async (t) => {
    const { listener, client } = await serve(t, echo);
    const first = await client();
    await client();
    assert.equal(await all(await client()), 'full');
    first.destroy();
    await until('what must happen', () => listener.count === 1);
    const next = await client();
    next.write('hello');
    assert.equal(String(await once(next, 'data')), 'hello');
  });

  it('closes what is idle, and not what is owed an answer', async (t) => {
    const { client, connections } = await serve(t, echo, { idleMs: 60 });
    const idle = await client();
    const owed = await client();
    await until('what must happen', () => connections.length === 2);
    const [, second] = connections as [TcpConnection, TcpConnection];
    second.owes = () => true;
    assert.equal(await all(idle), '');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(second.closing, false);
    second.owes = () => false;
    assert.equal(await all(owed), '');
  });

  it('aborts the signal when the client goes, whether it hangs up or is cut', async (t) => {
    const { client, connections } = await serve(t, () => {});
    (await client()).end();
    await until('what must happen', () => connections[0]?.signal.aborted === true);
    const cut = await client();
    await until('what must happen', () => connections.length === 2);
    cut.resetAndDestroy();
    connections[1]?.onBytes(() => {});
    await until('what must happen', () => connections[1]?.signal.aborted === true);
  });

  it('neither answers nor reads a client that does not read, and goes on when it does', async (t) => {
    const big = Buffer.alloc(256 * 1024, 'x');
    let asked = 0;
    let waited = 0;
    const { client } = await serve(t, (connection) =>
      connection.onBytes((bytes) => {
        for (const _ of bytes) {
          asked++;
          void connection.write([big])?.then(() => waited++);
        }
      }),
    );
    const socket = await client();
    socket.pause();
    for (let turn = 0; turn < 64; turn++) {
      socket.write('.');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const before = asked;
    assert.ok(before < 64, `it answered ${before} of 64 times to a client that reads nothing`);
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
    });
    socket.resume();
    await until('what must happen', () => bytes === 64 * big.length);
    assert.equal(asked, 64);
    assert.ok(waited > 0);
  });

  it('says its last word although the client still sends', async (t) => {
    const { client } = await serve(t, (connection) =>
      connection.onBytes(() => {
        void connection.write([Buffer.from('go away')]);
        connection.end();
      }),
    );
    const socket = await client();
    const sending = setInterval(() => socket.write(Buffer.alloc(64 * 1024)), 1);
    assert.equal(await all(socket), 'go away');
    clearInterval(sending);
  });

  it('stops reading while paused', async (t) => {
    const heard: string[] = [];
    const { client, connections } = await serve(t, (connection) => {
      connection.pause();
      connection.onBytes((bytes) => void heard.push(String(bytes)));
      connection.pause();
    });
    (await client()).write('a');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(heard, []);
    connections[0]?.resume();
    await until('what must happen', () => heard.length === 1);
  });

  it('ends what can end when it closes, and cuts the rest', async (t) => {
    const { listener, client, connections } = await serve(t, echo);
    const polite = await client();
    const stubborn = await client();
    await until('what must happen', () => connections.length === 2);
    const [, second] = connections as [TcpConnection, TcpConnection];
    let asked = 0;
    second.onStop = () => {
      asked++;
    };
    const closed = listener.close(100);
    assert.equal(await all(polite), '');
    assert.equal(asked, 1);
    await assert.rejects(client(), /ECONNREFUSED/);
    await closed;
    assert.equal(second.signal.aborted, true);
    stubborn.destroy();
  });

  it('says why it can not listen', async (t) => {
    const { listener } = await serve(t, echo);
    const again = listenTcp(
      { host: '127.0.0.1', port: listener.port, maxConnections: 1, idleMs: 1000 },
      { open() {}, full: () => [] },
    );
    await assert.rejects(again, { code: 'EADDRINUSE' });
  });
});

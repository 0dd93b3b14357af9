/** A Wyoming port over a fake runtime, and a client that reads frames by itself: it shares no code with what it tests. */
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createLog, Metrics } from '../../observe/index.js';
import { type FakeRuntime, fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { openWyoming, type WyomingOptions } from './index.js';

export interface Received {
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly payload: Buffer;
}

export interface Served {
  readonly runtime: FakeRuntime;
  readonly port: number;
  readonly metrics: Metrics;
  connect(): Promise<Client>;
  close(graceMs: number): Promise<void>;
}

export async function serve(t: TestContext, more: Partial<WyomingOptions> = {}): Promise<Served> {
  const runtime = fakeRuntime();
  const metrics = new Metrics({ streams: () => 0, capacity: () => 0, runners: () => [] });
  const wyoming = await openWyoming({
    runtime,
    host: '127.0.0.1',
    port: 0,
    maxConnections: 4,
    idleMs: 60_000,
    announce: false,
    hearing: { detector: 'silero', threshold: 300, silenceMs: 500, partialMs: 500 },
    metrics,
    log: createLog({ level: 'silent' }),
    ...more,
  });
  const clients: Client[] = [];
  t.after(async () => {
    for (const client of clients) client.socket.destroy();
    await wyoming.close(0);
  });
  return {
    runtime,
    port: wyoming.port,
    metrics,
    close: (graceMs) => wyoming.close(graceMs),
    async connect() {
      const client = await Client.open(wyoming.port);
      clients.push(client);
      return client;
    },
  };
}

export class Client {
  readonly socket: Socket;
  readonly #received: Received[] = [];
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};
  closed = false;

  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Client(socket)));
      socket.once('error', reject);
    });
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      while (this.#frame());
      this.#wake();
    });
    socket.on('error', () => {});
    const close = (): void => {
      this.closed = true;
      this.#wake();
    };
    socket.on('end', close);
    socket.on('close', close);
  }

  /** As the Python library writes it: the data behind the header. */
  send(type: string, data?: Record<string, unknown>, payload?: Uint8Array): this {
    const body = data === undefined ? '' : JSON.stringify(data);
    const header = {
      type,
      version: '1.10.2',
      ...(body === '' ? {} : { data_length: Buffer.byteLength(body) }),
      ...(payload === undefined ? {} : { payload_length: payload.length }),
    };
    this.socket.write(
      Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n${body}`), payload ?? Buffer.alloc(0)]),
    );
    return this;
  }

  raw(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** The next event; undefined after the last. */
  async next(): Promise<Received | undefined> {
    while (this.#received.length === 0 && !this.closed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#received.shift();
  }

  /** Events up to one of a type, which is the last; up to the end without. */
  async upTo(type?: string): Promise<Received[]> {
    const events: Received[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) {
      events.push(event);
      if (event.type === type) break;
    }
    return events;
  }

  #frame(): boolean {
    const end = this.#bytes.indexOf(10);
    if (end < 0) return false;
    const header = JSON.parse(this.#bytes.subarray(0, end).toString('utf8'));
    const dataEnd = end + 1 + (header.data_length ?? 0);
    const payloadEnd = dataEnd + (header.payload_length ?? 0);
    if (this.#bytes.length < payloadEnd) return false;
    const body = this.#bytes.subarray(end + 1, dataEnd).toString('utf8');
    this.#received.push({
      type: header.type,
      data: body === '' ? {} : JSON.parse(body),
      payload: Buffer.from(this.#bytes.subarray(dataEnd, payloadEnd)),
    });
    this.#bytes = this.#bytes.subarray(payloadEnd);
    return true;
  }
}

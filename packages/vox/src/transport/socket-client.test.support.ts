/** A WebSocket client for the tests of dialects: keeps all that it is told, in order, and waits for what comes next. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Told = Readonly<Record<string, unknown>>;

export class SocketClient {
  readonly ws: WebSocket;
  /** Everything; binary messages as buffers. */
  readonly told: (Told | Buffer)[] = [];
  /** Code and reason of the close. */
  readonly closed: Promise<[number, string]>;
  #read = 0;
  #wake: () => void = () => {};

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer, isBinary) => {
      this.told.push(isBinary ? data : (JSON.parse(data.toString('utf8')) as Told));
      this.#wake();
    });
    ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        resolve([code, reason.toString('utf8')]);
        this.#wake();
      });
    });
  }

  /** Rejects where the upgrade is refused; the message names the status. */
  static async open(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    protocols: readonly string[] = [],
  ): Promise<SocketClient> {
    const client = new SocketClient(new WebSocket(url, [...protocols], { headers }));
    await once(client.ws, 'open');
    return client;
  }

  /** JSON messages of all that was told. */
  get messages(): Told[] {
    return this.told.filter((item): item is Told => !Buffer.isBuffer(item));
  }

  /** A string goes as it is, all else as JSON. */
  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message, of that type where one is named. Throws when another thing comes, or the end. */
  async next(type?: string): Promise<Told> {
    const item = await this.#next();
    if (Buffer.isBuffer(item) || (type !== undefined && item.type !== type))
      throw new Error(`expected ${type ?? 'a message'}, was told ${JSON.stringify(item)}`);
    return item;
  }

  /** The next message, which must be binary. */
  async bytes(): Promise<Buffer> {
    const item = await this.#next();
    if (!Buffer.isBuffer(item)) throw new Error(`expected bytes, was told ${JSON.stringify(item)}`);
    return item;
  }

  async #next(): Promise<Told | Buffer> {
    for (;;) {
      const item = this.told[this.#read];
      if (item !== undefined) {
        this.#read++;
        return item;
      }
      if (this.ws.readyState > WebSocket.OPEN) throw new Error('closed before the next message');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

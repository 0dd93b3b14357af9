/**
 * A STAND-IN for Yap's original server: sections 2, 3 and 10 of yap.md, with an "engine" that says a word for every 240 ms
 * of audio. As there, `session.created` and `session.updated` are never sent. It proves nothing about a real engine.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** Bytes of audio that make a word. */
const WORD_BYTES = 240 * 32;

export interface OriginalOptions {
  readonly key: string;
  /** Sockets admitted at once. */
  readonly max?: number;
  /** ms without a text message after which it closes with 4000. */
  readonly idleMs?: number;
  /** The engine fails instead of a `final` and `done`. */
  readonly broken?: boolean;
}

/** What one socket sent. */
export interface SeenSocket {
  /** Path and query. */
  readonly url: string;
  readonly messages: {
    readonly type: string;
    readonly requestId: string;
    readonly payload: unknown;
    readonly at: number;
  }[];
  audioBytes: number;
}

export class OriginalServerStandIn {
  readonly sockets: SeenSocket[] = [];
  /** Most sockets that were admitted at once. */
  most = 0;
  #active = 0;

  private constructor(
    readonly server: WebSocketServer,
    readonly options: OriginalOptions,
  ) {}

  static async start(options: OriginalOptions): Promise<OriginalServerStandIn> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/api/asr-streaming' });
    await once(server, 'listening');
    const standIn = new OriginalServerStandIn(server, options);
    server.on('connection', (socket, request) => {
      const url = request.url ?? '';
      const query = new URL(url, 'http://x').searchParams.get('api_key')?.trim() ?? '';
      standIn.#accept(socket, url, query || String(request.headers['x-api-key'] ?? ''));
    });
    return standIn;
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(socket: WebSocket, url: string, key: string): void {
    const { options } = this;
    const refuse = (code: string, close: number, message: string): void => {
      const payload = { code, message, details: { reason_code: code } };
      socket.send(JSON.stringify({ type: 'error', session_id: 'unknown', request_id: 'unknown', payload }));
      socket.close(close, message);
    };
    if (key !== options.key) refuse('authentication_failed', 1008, 'Authentication required.');
    else if (this.#active >= (options.max ?? 128))
      refuse('server_at_capacity', 1013, 'Server cannot accept new connections. Please try again later.');
    else this.#admit(socket, url);
  }

  #admit(socket: WebSocket, url: string): void {
    const { options } = this;
    this.#active++;
    this.most = Math.max(this.most, this.#active);
    const seen: SeenSocket = { url, messages: [], audioBytes: 0 };
    this.sockets.push(seen);
    const idle = setTimeout(() => socket.close(4000, 'idle_timeout'), options.idleMs ?? 150_000);
    socket.on('close', () => {
      clearTimeout(idle);
      this.#active--;
    });
    const utterance = new Utterance(options);
    socket.on('message', (data) => {
      idle.refresh();
      const { type, session_id, request_id, payload } = JSON.parse(String(data));
      seen.messages.push({ type, requestId: request_id, payload, at: performance.now() });
      const send = (kind: string, body: object): void =>
        socket.send(JSON.stringify({ type: kind, session_id, request_id, payload: body }));
      if (type === 'end') {
        send('session_end', {});
        socket.close(1000);
      } else if (type === 'input_audio_buffer.append')
        seen.audioBytes += utterance.append(request_id, payload.audio, send);
      else if (type === 'input_audio_buffer.commit')
        utterance.commit(request_id, payload.final === true, send);
      else if (type === 'session.update' && typeof payload.model === 'string')
        send('error', {
          code: 'invalid_payload',
          message: `model '${payload.model}' is not supported`,
          details: { reason_code: 'unsupported_model', allowed_model: 'voxtral', requested: payload.model },
        });
    });
  }
}

type Send = (type: string, payload: object) => void;

/** The state of rules 1 to 3 of section 3.4. */
class Utterance {
  #open: string | undefined;
  #bytes = 0;
  #words: string[] = [];

  constructor(readonly options: OriginalOptions) {}

  /** Returns the bytes that were taken. */
  append(id: string, audio: string, send: Send): number {
    if (id !== this.#open) {
      this.#refuse(send);
      return 0;
    }
    const bytes = Buffer.from(audio, 'base64').length;
    this.#bytes += bytes;
    while (this.#words.length < Math.floor(this.#bytes / WORD_BYTES)) {
      const word = `${this.#words.length === 0 ? '' : ' '}word${this.#words.length + 1}`;
      this.#words.push(word);
      send('token', { text: word });
    }
    return bytes;
  }

  commit(id: string, final: boolean, send: Send): void {
    if (!final) {
      this.#open = id;
      this.#bytes = 0;
      this.#words = [];
    } else if (id !== this.#open) this.#refuse(send);
    else {
      this.#open = undefined;
      this.#finish(send);
    }
  }

  #finish(send: Send): void {
    if (this.options.broken === true) {
      const details = { reason_code: 'processing_error' };
      send('error', { code: 'processing_error', message: 'the engine died', details });
      return;
    }
    send('final', { normalized_text: this.#words.join('') });
    const completion = this.#words.length;
    send('done', {
      usage: { prompt_tokens: 39, total_tokens: 39 + completion, completion_tokens: completion },
    });
  }

  #refuse(send: Send): void {
    send('error', {
      code: 'invalid_payload',
      message: 'no active request',
      details: { reason_code: 'no_active_request' },
    });
  }
}

/** A message port over a duplex byte stream. All messages of one tick leave in one gathered write. */
import type { Duplex } from 'node:stream';
import { encodeFrame, FrameDecoder } from './frame.js';
import type { Envelope } from './index.js';

/** One end of a conversation: `Out` is what this end says, `In` what it hears. */
export interface Port<Out, In> {
  send(message: Out, body?: Uint8Array): void;
  onMessage(handler: (envelope: Envelope<In>) => void): void;
  /** The other end is gone, or said something that can't be understood. Called at most once. */
  onClose(handler: (error?: Error) => void): void;
  close(): void;
}

/** A port over `stream`; it closes when the stream ends or breaks. */
export function pipePort<Out, In>(stream: Duplex): Port<Out, In> {
  const decoder = new FrameDecoder<In>();
  let corked = false;
  let closed = false;
  let onMessage: (envelope: Envelope<In>) => void = () => {};
  let onClose: (error?: Error) => void = () => {};

  const finish = (error?: Error): void => {
    if (closed) return;
    closed = true;
    stream.destroy();
    onClose(error);
  };
  stream.on('data', (chunk: Buffer) => {
    let envelopes: Envelope<In>[];
    try {
      envelopes = decoder.push(chunk);
    } catch (error) {
      finish(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    for (const envelope of envelopes) onMessage(envelope);
  });
  stream.on('end', () => finish());
  stream.on('close', () => finish());
  stream.on('error', (error) => finish(error));

  return {
    send(message, body) {
      if (closed || !stream.writable) return;
      if (!corked) {
        corked = true;
        stream.cork();
        setImmediate(() => {
          corked = false;
          stream.uncork();
        });
      }
      for (const piece of encodeFrame(message, body)) stream.write(piece);
    },
    onMessage(handler) {
      onMessage = handler;
    },
    onClose(handler) {
      onClose = handler;
    },
    close() {
      if (corked) stream.uncork();
      stream.end();
    },
  };
}

/** Two ports that talk to each other in one thread, message by message, for tests. */
export function portPair<A, B>(): [Port<A, B>, Port<B, A>] {
  type Side = {
    message: (envelope: Envelope<unknown>) => void;
    close: (error?: Error) => void;
    closed: boolean;
  };
  const make = (): Side => ({ message: () => {}, close: () => {}, closed: false });
  const left = make();
  const right = make();
  const port = <Out, In>(mine: Side, theirs: Side): Port<Out, In> => ({
    send(message, body) {
      if (mine.closed) return;
      const envelope = structuredClone(body === undefined ? { message } : { message, body });
      setImmediate(() => {
        if (!theirs.closed) theirs.message(envelope);
      });
    },
    onMessage(handler) {
      mine.message = handler as (envelope: Envelope<unknown>) => void;
    },
    onClose(handler) {
      mine.close = handler;
    },
    close() {
      for (const side of [mine, theirs]) {
        if (side.closed) continue;
        side.closed = true;
        setImmediate(() => side.close());
      }
    },
  });
  return [port<A, B>(left, right), port<B, A>(right, left)];
}

/** A message port over a duplex byte stream. All messages of one tick leave in one gathered write. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { encodeFrame, FrameDecoder } from './frame.js';
import type { Envelope } from './index.js';

/** One end of a conversation: `Out` is what this end says, `In` what it hears. */
export interface Port<Out, In> {
  /** @param left called once the bytes of a body that is not empty are the caller's again */
  send(message: Out, body?: Uint8Array, left?: () => void): void;
  /** The body is the handler's until it returns: what it keeps of it it copies. */
  onMessage(handler: (envelope: Envelope<In>) => void): void;
  /** The other end is gone, or said something that can't be understood. Called at most once. */
  onClose(handler: (error?: Error) => void): void;
  close(): void;
}

/** Bytes that are read at once: what a pipe of Linux holds. */
const READ_BYTES = 64 * 1024;

/** A port over `stream`; it closes when the stream ends or breaks. */
export function pipePort<Out, In>(stream: Duplex): Port<Out, In> {
  return portOver(stream, (hear) => stream.on('data', hear));
}

/**
 * The same over a socket that this process has as file descriptor `fd`. All of it is read into one block of memory: read as a
 * stream each read is a block of its own, which lives until garbage is collected.
 */
export function descriptorPort<Out, In>(fd: number): Port<Out, In> {
  let hear: (chunk: Buffer) => void = () => {};
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (count: number, block: Uint8Array) => {
      hear(Buffer.from(block.buffer, block.byteOffset, count));
      return true;
    },
  };
  // `onread` is an option of the constructor, too, though its types know it of `connect` alone.
  const options = { fd, readable: true, writable: true, onread };
  const socket = new Socket(options);
  // The end is told to those who read.
  socket.resume();
  return portOver(socket, (handler) => {
    hear = handler;
  });
}

function portOver<Out, In>(stream: Duplex, onData: (hear: (chunk: Buffer) => void) => void): Port<Out, In> {
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
  onData((chunk) => {
    const envelopes = decoder.push(chunk);
    for (;;) {
      let next: IteratorResult<Envelope<In>, void>;
      try {
        next = envelopes.next();
      } catch (error) {
        finish(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      if (next.done === true) return;
      onMessage(next.value);
    }
  });
  stream.on('end', () => finish());
  stream.on('close', () => finish());
  stream.on('error', (error) => finish(error));

  return {
    send(message, body, left) {
      if (closed || !stream.writable) {
        left?.();
        return;
      }
      if (!corked) {
        corked = true;
        stream.cork();
        setImmediate(() => {
          corked = false;
          stream.uncork();
        });
      }
      for (const piece of encodeFrame(message, body)) stream.write(piece, piece === body ? left : undefined);
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
    send(message, body, left) {
      if (mine.closed) return;
      const envelope = structuredClone(body === undefined ? { message } : { message, body });
      setImmediate(() => {
        if (!theirs.closed) theirs.message(envelope);
        left?.();
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

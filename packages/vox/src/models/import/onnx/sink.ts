/** Where a model is written to: a new file that grows by pieces, whose length is known before. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Cursor } from './cursor.js';
import { concatenate } from './protobuf.js';
import { byteLength, type Tensor } from './tensor.js';

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Bytes written so far and in all; called about once a megabyte, and at the end. */
  readonly onProgress?: (written: number, total: number) => void;
}

/** Small pieces are collected up to this many bytes before they go to the file, and large ones copied by so many. */
const FLUSH_BYTES = 1 << 20;

/** Writes all of the bytes at the file's end. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten;
}

/** A constant as a field of its graph. */
export interface ConstantField {
  readonly name: string;
  readonly tensor: Tensor;
  /** All of it but the numbers, which follow. */
  readonly head: Uint8Array;
  /** Bytes of both. */
  readonly total: number;
}

export class Sink {
  private written = 0;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly total: number,
    private readonly options: WriteOptions,
  ) {}

  /**
   * Has `make` write a new file of `total` bytes at `path`. Rejects with the signal's reason when aborted.
   */
  static async fill(
    path: string,
    total: number,
    options: WriteOptions,
    make: (sink: Sink) => Promise<void>,
  ): Promise<void> {
    const file = await open(path, 'wx');
    try {
      const sink = new Sink(file, total, options);
      await make(sink);
      await sink.flush();
    } finally {
      await file.close();
    }
  }

  async put(bytes: Uint8Array): Promise<void> {
    if (bytes.length >= FLUSH_BYTES) {
      await this.flush();
      await this.send(bytes);
      return;
    }
    // Copied, because a producer may fill the same buffer again for its next piece.
    this.pending.push(Uint8Array.from(bytes));
    this.pendingBytes += bytes.length;
    if (this.pendingBytes >= FLUSH_BYTES) await this.flush();
  }

  /** Rejects with a RangeError when the constant's chunks are not as long as its type and shape say. */
  async constant({ name, tensor, head }: ConstantField): Promise<void> {
    await this.put(head);
    const expected = byteLength(tensor);
    let got = 0;
    for await (const chunk of tensor.chunks()) {
      got += chunk.length;
      if (got > expected) break;
      await this.put(chunk);
    }
    if (got !== expected)
      throw new RangeError(`constant ${name}: ${got} bytes made, its shape needs ${expected}`);
  }

  /** Bytes of another file, as they are. */
  async copy(source: Cursor, from: number, end: number): Promise<void> {
    for (let at = from; at < end; at += FLUSH_BYTES)
      await this.put(await source.read(at, Math.min(FLUSH_BYTES, end - at)));
  }

  private async flush(): Promise<void> {
    await this.send(concatenate(this.pending));
    this.pending = [];
    this.pendingBytes = 0;
  }

  private async send(bytes: Uint8Array): Promise<void> {
    this.options.signal?.throwIfAborted();
    await writeAll(this.file, bytes);
    this.written += bytes.length;
    this.options.onProgress?.(this.written, this.total);
  }
}

/** What came in for one stream and was not taken yet: audio and commands in one order. */
import { decodeToMono, int16ToFloat, Resampler } from '@vox-speech/audio';
import { LIVE_SAMPLE_BYTES, type LiveEncoding, VoxError } from '@vox-speech/contract';
import { ByteQueue } from './byte-queue.js';
import type { LiveStream } from './stream.js';

/** Hz: what every recogniser and detector hears. */
const MODEL_RATE = 16_000;
/**
 * Ms of audio that may wait here. The server sends a second ahead, and all of its own queue before a commit; more than
 * this is a fault of the server.
 */
const MAX_WAITING_MS = 600_000;
/** Ms of audio that a stream is given at once, however large the client's frames are. */
const PIECE_MS = 500;

interface Packet {
  readonly type: 'audio';
  bytes: number;
  at: number;
}

/** Audio lies in a queue of its own, in the order of its items. */
type Item =
  | Packet
  | { readonly type: 'skip'; readonly samples: number }
  | { readonly type: 'commit' | 'finish'; readonly at: number };

/** Samples of the piece that is handed on: one block for all streams, which give it back before the next piece. */
let block = new Float32Array(0);

/** So many samples of the block. Packets are mostly of one length, and one view of them does then. */
function scratch(count: number): Float32Array {
  if (block.length !== count) {
    const room = block.buffer.byteLength / Float32Array.BYTES_PER_ELEMENT;
    block = count <= room ? new Float32Array(block.buffer, 0, count) : new Float32Array(count);
  }
  return block;
}

export class Inbox {
  readonly #items: Item[] = [];
  readonly #audio = new ByteQueue();
  /** The packet that was heard last, for the next one: fifty objects a second would be moved about by each collection. */
  #spare: Packet | undefined;
  readonly #resampler: Resampler;
  readonly #rate: number;
  readonly #encoding: LiveEncoding;
  readonly #sampleBytes: number;
  readonly #maxBytes: number;
  readonly #pieceBytes: number;
  /** Samples of the client that were taken or skipped. */
  #heard = 0;
  /** Samples at 16 kHz that the stream was given for them. */
  #given = 0;

  /**
   * @param sampleRate Hz of what the client sends
   * @param encoding of its samples
   */
  constructor(sampleRate: number, encoding: LiveEncoding = 'pcm16') {
    this.#rate = sampleRate;
    this.#encoding = encoding;
    this.#sampleBytes = LIVE_SAMPLE_BYTES[encoding];
    this.#resampler = new Resampler(sampleRate, MODEL_RATE);
    this.#pieceBytes = this.#sampleBytes * Math.floor((sampleRate * PIECE_MS) / 1000);
    this.#maxBytes = (MAX_WAITING_MS / 1000) * this.#sampleBytes * sampleRate;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** Ms of the client's audio that were taken or skipped. */
  get heardMs(): number {
    return Math.round((this.#heard / this.#rate) * 1000);
  }

  /**
   * Whole samples; the bytes are copied. Throws VoxError `overloaded` where far more waits than any credit allows.
   * @param at wall clock in ms
   */
  audio(bytes: Uint8Array, at: number): void {
    if (this.#audio.length + bytes.length > this.#maxBytes)
      throw new VoxError('overloaded', 'the audio of this stream comes faster than it can be taken');
    this.#audio.push(bytes);
    const packet: Packet = this.#spare ?? { type: 'audio', bytes: 0, at };
    this.#spare = undefined;
    packet.bytes = bytes.length;
    packet.at = at;
    this.#items.push(packet);
  }

  /** @param samples of the client's rate that were dropped */
  skip(samples: number): void {
    this.#items.push({ type: 'skip', samples });
  }

  control(type: 'commit' | 'finish', at: number): void {
    this.#items.push({ type, at });
  }

  /** Hands on what the stream wants now. Returns the bytes of audio that left. */
  drain(stream: LiveStream): number {
    let taken = 0;
    while (this.#items.length > 0 && stream.hungry) {
      const item = this.#items[0];
      if (item?.type === 'audio') {
        const { at } = item;
        const bytes = this.#audio.shift(Math.min(item.bytes, this.#pieceBytes));
        item.bytes -= bytes.length;
        if (item.bytes === 0) {
          this.#items.shift();
          this.#spare = item;
        }
        taken += bytes.length;
        this.#heard += bytes.length / this.#sampleBytes;
        this.#give(stream, this.#resampler.push(this.#expand(bytes)), at);
        continue;
      }
      this.#items.shift();
      if (item?.type === 'skip') {
        this.#heard += item.samples;
        this.#give(stream, this.#resampler.flush(), 0);
        const behind = this.#expected() - this.#given;
        if (behind > 0) stream.skip(behind);
        this.#given += Math.max(0, behind);
      } else if (item !== undefined) {
        this.#give(stream, this.#resampler.flush(), item.at);
        stream[item.type](item.at);
      }
    }
    return taken;
  }

  #expand(bytes: Uint8Array): Float32Array {
    return this.#encoding === 'pcm16'
      ? int16ToFloat(bytes, scratch(bytes.length >> 1))
      : decodeToMono(bytes, this.#encoding, 1);
  }

  #expected(): number {
    return Math.round((this.#heard * MODEL_RATE) / this.#rate);
  }

  #give(stream: LiveStream, samples: Float32Array, at: number): void {
    this.#given += samples.length;
    if (samples.length > 0) stream.push(samples, at);
  }
}

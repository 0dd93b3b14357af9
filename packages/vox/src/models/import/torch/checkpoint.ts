/** The tensors of a PyTorch checkpoint: a zip of one pickle and a file for each storage. */
import { buffer } from 'node:stream/consumers';
import { VoxError } from '@vox-speech/contract';
import { type Archive, openWheel } from '../../sources/archive.js';
import { isTensorPlace, type TensorPlace, unpickle } from './pickle.js';

export interface TorchTensor {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** What layers take their weights from. */
export interface Weights {
  /** Throws VoxError `model_broken` where there is none of that name and shape. */
  take(name: string, dims: readonly number[]): TorchTensor;
  has(name: string): boolean;
}

/** Bytes of the largest checkpoint that is read into memory. */
const MAX_PICKLE = 16 * 2 ** 20;

/**
 * Reads every float tensor of the checkpoint at `path`; they are all in memory then.
 * @throws VoxError `model_broken`
 */
export async function readCheckpoint(path: string): Promise<Weights> {
  const broken = (what: string, cause?: unknown) =>
    new VoxError('model_broken', `${path}: ${what}; pull the model again`, { cause });
  let archive: Archive;
  try {
    archive = await openWheel(path);
  } catch (error) {
    throw broken('no PyTorch checkpoint', error);
  }
  try {
    const pickle = archive.names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
    if (pickle === undefined) throw broken('no data.pkl in it');
    const root = pickle.slice(0, -'data.pkl'.length);
    const places = placesOf(unpickle(await read(archive, pickle, MAX_PICKLE)));
    const tensors = new Map<string, TorchTensor>();
    const storages = new Map<string, Float32Array>();
    for (const [name, place] of places) {
      if (place.storage !== 'FloatStorage') continue;
      const storage =
        storages.get(place.key) ?? floatsOf(await read(archive, `${root}data/${place.key}`, 2 ** 30));
      storages.set(place.key, storage);
      tensors.set(name, { dims: place.size, values: valuesOf(name, place, storage) });
    }
    return {
      has: (name) => tensors.has(name),
      take(name, dims) {
        const tensor = tensors.get(name);
        if (tensor === undefined) throw broken(`no tensor ${name}`);
        if (tensor.dims.join() !== dims.join())
          throw broken(`${name} is ${tensor.dims.join('x')}, not ${dims.join('x')}`);
        return tensor;
      },
    };
  } catch (error) {
    throw VoxError.is(error) ? error : broken((error as Error).message, error);
  } finally {
    archive.close();
  }
}

/** The tensors of a state dictionary, or of the one that a training checkpoint holds. */
function placesOf(value: unknown): Map<string, TensorPlace> {
  const inner = value instanceof Map ? (value.get('state_dict') ?? value) : undefined;
  const places = new Map<string, TensorPlace>();
  if (inner instanceof Map)
    for (const [name, place] of inner) if (isTensorPlace(place)) places.set(String(name), place);
  return places;
}

async function read(archive: Archive, name: string, most: number): Promise<Buffer> {
  const bytes = await buffer(await archive.read(name));
  if (bytes.length > most) throw new RangeError(`${name} has ${bytes.length} bytes`);
  return bytes;
}

function floatsOf(bytes: Buffer): Float32Array {
  // A copy, because a buffer from the pool need not begin at a multiple of 4.
  const floats = new Float32Array(bytes.length >> 2);
  for (let at = 0; at < floats.length; at++) floats[at] = bytes.readFloatLE(4 * at);
  return floats;
}

function valuesOf(name: string, { size, stride, offset }: TensorPlace, storage: Float32Array): Float32Array {
  let length = 1;
  for (let axis = size.length - 1; axis >= 0; axis--) {
    if (size[axis] !== 1 && stride[axis] !== length) throw new RangeError(`${name} is not in one piece`);
    length *= size[axis] ?? 0;
  }
  if (offset + length > storage.length) throw new RangeError(`${name} passes the end of its storage`);
  return storage.subarray(offset, offset + length);
}

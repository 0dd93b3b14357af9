/**
 * The head of a binary language model of KenLM, version 5: a magic line, values that tell the machine it was made for, what kind of
 * model it is, and how many n-grams there are. Layout: https://github.com/kpu/kenlm (lm/binary_format.cc)
 */
import type { PagedFile } from './pages.js';

const MAGIC = 'mmap lm http://kheafield.com/code format version 5\n\0';
/** Bytes of the magic line with what fills it up to 8. */
const MAGIC_BYTES = 56;
/** 0, 1 and -0.5 as floats, 1 and the largest word as words, filling, and 1 in 8 bytes. */
const SANITY = [0, 0x3f800000, 0xbf000000, 1, 0xffffffff, 0, 1, 0] as const;
const SANITY_BYTES = 32;
/** Order, multiplier, kind, whether words stand at the end, version of the kind. */
const PARAMETER_BYTES = 20;
/** KenLM's own limit is a setting of its build; nobody has larger ones. */
const MAX_ORDER = 12;

/** By number; rest costs (1) are for searches that this is not. */
const KINDS = ['probing', undefined, 'trie', 'trie', 'trie', 'trie'] as const;

export interface Header {
  readonly kind: 'probing' | 'trie';
  /** Tries: probabilities are numbers of bins; pointers are compressed with an array. */
  readonly quantized: boolean;
  readonly compressed: boolean;
  /** Hash tables: by how much larger they are than what is in them. */
  readonly multiplier: number;
  /** Number of n-grams of each order. */
  readonly counts: readonly number[];
  /** Position of what follows it. */
  readonly end: number;
}

/** Throws Error where the file is not of this format, or of another machine or version. */
export function readHeader(file: PagedFile): Header {
  if (file.size < MAGIC_BYTES + SANITY_BYTES + PARAMETER_BYTES) throw new Error('is no binary of KenLM');
  const magic = String.fromCharCode(...Array.from(MAGIC, (_, at) => file.byte(at)));
  if (magic !== MAGIC)
    throw new Error(
      magic.startsWith('mmap lm ')
        ? `is of another version of KenLM (${magic.slice(34).trim()})`
        : 'is no binary of KenLM',
    );
  if (SANITY.some((value, at) => file.uint32(MAGIC_BYTES + 4 * at) !== value))
    throw new Error('was made for another kind of processor');
  const from = MAGIC_BYTES + SANITY_BYTES;
  const order = file.byte(from);
  const type = file.uint32(from + 8);
  const kind = KINDS[type];
  if (kind === undefined) throw new Error(`is of KenLM's kind ${type}, which is not read`);
  if (order < 2 || order > MAX_ORDER) throw new Error(`has order ${order}`);
  const version = file.uint32(from + 16);
  if (version !== (kind === 'trie' ? 1 : 0)) throw new Error(`has version ${version} of its kind`);
  const counts = Array.from({ length: order }, (_, at) => file.count(from + PARAMETER_BYTES + 8 * at));
  return {
    kind,
    quantized: type === 3 || type === 5,
    compressed: type === 4 || type === 5,
    multiplier: file.float32(from + 4),
    counts,
    end: alignTo8(from + PARAMETER_BYTES + 8 * order),
  };
}

/** The next multiple of 8. */
export function alignTo8(position: number): number {
  return Math.ceil(position / 8) * 8;
}

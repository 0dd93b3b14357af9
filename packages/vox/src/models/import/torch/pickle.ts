/**
 * Reads the pickle of a PyTorch checkpoint as data: no class is made and no code is run. What PyTorch itself would rebuild
 * as a tensor becomes a description of one; every other object becomes `undefined`.
 * Opcodes: Python's pickletools, protocol 2, which is what torch.save writes.
 */

/** Where a tensor's numbers lie. */
export interface TensorPlace {
  /** Name of the file in the checkpoint's `data/` folder. */
  readonly key: string;
  /** `FloatStorage`, ... */
  readonly storage: string;
  /** Elements before the first one. */
  readonly offset: number;
  readonly size: readonly number[];
  readonly stride: readonly number[];
}

/** What the pickle says by name of a class or a function. */
class Named {
  constructor(readonly name: string) {}
}

const MARK = Symbol('mark');

type Value = unknown;

/** The value that the pickle holds: dictionaries become maps. Throws RangeError for what is no such pickle. */
export function unpickle(bytes: Buffer): unknown {
  return new Unpickler(bytes).run();
}

export function isTensorPlace(value: unknown): value is TensorPlace {
  return typeof value === 'object' && value !== null && 'stride' in value && 'key' in value;
}

class Unpickler {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #stack: Value[] = [];
  readonly #memo = new Map<number, Value>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): Value {
    for (;;) {
      const code = this.#byte();
      if (code === 0x2e) return this.#pop();
      const step = STEPS[code];
      if (step === undefined) throw new RangeError(`pickle opcode 0x${code.toString(16)} is not read`);
      step(this);
    }
  }

  #byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#bytes.length) throw new RangeError('the pickle is cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const text = this.take(end - this.#at).toString('utf8');
    this.take(1);
    return text;
  }

  push(value: Value): void {
    this.#stack.push(value);
  }

  #pop(): Value {
    if (this.#stack.length === 0) throw new RangeError('the pickle takes more than there is');
    return this.#stack.pop();
  }

  pop(): Value {
    return this.#pop();
  }

  top(): Value {
    return this.#stack.at(-1);
  }

  /** Everything above the last mark, which goes too. */
  popMark(): Value[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw new RangeError('the pickle has no mark');
    const values = this.#stack.splice(at);
    return values.slice(1);
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    this.push(this.#memo.get(index));
  }

  reduce(): void {
    const given = this.#pop();
    const called = this.#pop();
    const name = called instanceof Named ? called.name : '';
    if (name === 'collections.OrderedDict') this.push(new Map());
    else if (name === 'torch._utils._rebuild_tensor_v2') this.push(tensorPlace(given));
    else this.push(undefined);
  }
}

function tensorPlace(given: Value): TensorPlace {
  const [storage, offset, size, stride] = Array.isArray(given) ? given : [];
  if (!Array.isArray(storage) || !Array.isArray(size) || !Array.isArray(stride))
    throw new RangeError('the pickle has a tensor without a place');
  const [, kind, key] = storage;
  return {
    key: String(key),
    storage: kind instanceof Named ? (kind.name.split('.').at(-1) ?? '') : '',
    offset: Number(offset),
    size: size.map(Number),
    stride: stride.map(Number),
  };
}

function setItems(target: Value, items: readonly Value[]): void {
  if (!(target instanceof Map)) return;
  for (let at = 0; at + 1 < items.length; at += 2) target.set(items[at], items[at + 1]);
}

type Step = (machine: Unpickler) => void;

const STEPS: Readonly<Record<number, Step>> = {
  // PROTO
  128: (m) => void m.take(1),
  // GLOBAL
  99: (m) => m.push(new Named(`${m.line()}.${m.line()}`)),
  // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  113: (m) => m.remember(m.take(1).readUInt8()),
  114: (m) => m.remember(m.take(4).readUInt32LE()),
  104: (m) => m.recall(m.take(1).readUInt8()),
  106: (m) => m.recall(m.take(4).readUInt32LE()),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, MARK
  125: (m) => m.push(new Map()),
  93: (m) => m.push([]),
  41: (m) => m.push([]),
  40: (m) => m.push(MARK),
  // BINUNICODE, SHORT_BINSTRING
  88: (m) => m.push(m.take(m.take(4).readUInt32LE()).toString('utf8')),
  85: (m) => m.push(m.take(m.take(1).readUInt8()).toString('latin1')),
  // BININT1, BININT2, BININT, LONG1, BINFLOAT
  75: (m) => m.push(m.take(1).readUInt8()),
  77: (m) => m.push(m.take(2).readUInt16LE()),
  74: (m) => m.push(m.take(4).readInt32LE()),
  138: (m) => {
    const length = m.take(1).readUInt8();
    m.push(length === 0 ? 0 : m.take(length).readIntLE(0, Math.min(length, 6)));
  },
  71: (m) => m.push(m.take(8).readDoubleBE()),
  // NONE, NEWTRUE, NEWFALSE
  78: (m) => m.push(undefined),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  116: (m) => m.push(m.popMark()),
  133: (m) => m.push([m.pop()]),
  134: (m) => m.push([m.pop(), m.pop()].reverse()),
  135: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  // BINPERSID: the storage of a tensor, as a tuple
  81: (m) => m.push(m.pop()),
  // REDUCE, NEWOBJ
  82: (m) => m.reduce(),
  129: (m) => m.reduce(),
  // BUILD: the state of an object that is none here
  98: (m) => void m.pop(),
  // SETITEM, SETITEMS
  115: (m) => {
    const value = m.pop();
    const key = m.pop();
    setItems(m.top(), [key, value]);
  },
  117: (m) => {
    const items = m.popMark();
    setItems(m.top(), items);
  },
  // APPEND, APPENDS
  97: (m) => {
    const value = m.pop();
    const list = m.top();
    if (Array.isArray(list)) list.push(value);
  },
  101: (m) => {
    const values = m.popMark();
    const list = m.top();
    if (Array.isArray(list)) list.push(...values);
  },
};

/** The two names of a 64-bit little-endian ELF library that a loader asks for: its own, and that of its symbols' version. */
import { VoxError } from '@vox-speech/contract';

/** Section types. Source: System V ABI, "Section Header"; LSB core, "Symbol Versioning". */
const SHT_DYNAMIC = 6;
const SHT_GNU_VERDEF = 0x6ffffffd;
/** Tag of the library's own name in the dynamic section. */
const DT_SONAME = 14n;
const HEADER_BYTES = 64;
const DYNAMIC_ENTRY_BYTES = 16;

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  /** Start of the string table that its names are in. */
  readonly strings: number;
}

/**
 * Gives the library another name and its symbols another version, in place. Neither may be longer than what is there.
 * Throws VoxError `model_broken` where the file is no such library.
 */
export function renameLibrary(library: Buffer, name: string, version: string): void {
  try {
    const sections = readSections(library);
    renameSoname(library, find(sections, SHT_DYNAMIC), name);
    renameVersion(library, find(sections, SHT_GNU_VERDEF), version);
  } catch (error) {
    if (VoxError.is(error)) throw error;
    throw broken(`it ends too early (${(error as Error).message})`);
  }
}

/** The hash by which a loader compares version names. Source: System V ABI, "Hash Table". */
export function elfHash(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name, 'latin1')) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) hash = (hash ^ (high >>> 24)) >>> 0;
    hash = (hash & ~high) >>> 0;
  }
  return hash;
}

function readSections(library: Buffer): Section[] {
  const is64LittleEndian = library.length > HEADER_BYTES && library.readUInt32BE(0) === 0x7f454c46;
  if (!is64LittleEndian || library[4] !== 2 || library[5] !== 1)
    throw broken('it is no 64-bit little-endian ELF file');
  const table = Number(library.readBigUInt64LE(0x28));
  const entry = library.readUInt16LE(0x3a);
  const count = library.readUInt16LE(0x3c);
  const at = (index: number) => table + index * entry;
  return Array.from({ length: count }, (_, index) => {
    const link = library.readUInt32LE(at(index) + 0x28);
    return {
      type: library.readUInt32LE(at(index) + 4),
      offset: Number(library.readBigUInt64LE(at(index) + 0x18)),
      size: Number(library.readBigUInt64LE(at(index) + 0x20)),
      strings: link < count ? Number(library.readBigUInt64LE(at(link) + 0x18)) : 0,
    };
  });
}

function find(sections: readonly Section[], type: number): Section {
  const found = sections.find((section) => section.type === type);
  if (found === undefined) throw broken('it has no table of names to change');
  return found;
}

function renameSoname(library: Buffer, { offset, size, strings }: Section, name: string): void {
  let at = offset;
  while (at < offset + size && library.readBigInt64LE(at) !== DT_SONAME) at += DYNAMIC_ENTRY_BYTES;
  if (at >= offset + size) throw broken('it does not state its own name');
  overwrite(library, strings + Number(library.readBigUInt64LE(at + 8)), name);
}

/** The base version (flag 1) is the library's name again and stays; the other is what symbols are bound to. */
function renameVersion(library: Buffer, { offset, strings }: Section, version: string): void {
  for (let at = offset; ; ) {
    const isBase = (library.readUInt16LE(at + 2) & 1) !== 0;
    if (!isBase) {
      const label = at + library.readUInt32LE(at + 12);
      overwrite(library, strings + library.readUInt32LE(label), version);
      library.writeUInt32LE(elfHash(version), at + 8);
      return;
    }
    const next = library.readUInt32LE(at + 16);
    if (next === 0) throw broken('its symbols have no version');
    at += next;
  }
}

function overwrite(library: Buffer, at: number, text: string): void {
  const length = library.indexOf(0, at) - at;
  if (text.length > length) throw broken(`${JSON.stringify(text)} does not fit where its name stands`);
  library.fill(0, at, at + length);
  library.write(text, at, 'latin1');
}

function broken(reason: string): VoxError {
  return new VoxError('model_broken', `the library can't be prepared: ${reason}; pull it again`);
}

/** Damaged audio files, each the same for the same seed. Pure. */

/** Uniform numbers in [0, 1) from a seed: a xorshift of 32 bits (G. Marsaglia, "Xorshift RNGs", 2003). */
export function randomFrom(seed) {
  // Neighbouring seeds are spread first; a state of 0 would stay there.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Numbers at which parsers go wrong. */
const EXTREMES = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
/** Names beside which containers write sizes, counts and rates. */
const FIELDS = [
  ...['RIFF', 'fmt ', 'data', 'fact', 'ds64', 'LIST', 'FORM', 'COMM', 'SSND', 'OggS', 'OpusHead', 'vorbis'],
  ...['fLaC', 'ftyp', 'moov', 'mdat', 'mdhd', 'stsd', 'stsz', 'stsc', 'stts', 'stco', 'elst', 'esds', 'mp4a'],
  ...['caff', 'desc', 'pakt', 'avih', 'strh', 'strf', 'idx1', 'Info', 'Xing', 'FLV', '#!AMR'],
];
/** Bytes of the header, whatever the container. */
const HEAD = 512;

/** How files are damaged: bytes, a source of numbers, and another file to mix in. Each gives new bytes. */
const DAMAGES = {
  truncated: (bytes, random) => bytes.subarray(0, at(random, bytes.length)),
  'cut to its first bytes': (bytes, random) => bytes.subarray(0, 1 + at(random, 64)),
  'bits flipped': (bytes, random) =>
    changed(bytes, (copy) => flip(copy, random, copy.length, 1 + at(random, 64))),
  'many bits flipped': (bytes, random) =>
    changed(bytes, (copy) => flip(copy, random, copy.length, copy.length >> 5)),
  'header bits flipped': (bytes, random) =>
    changed(bytes, (copy) => flip(copy, random, HEAD, 1 + at(random, 8))),
  'a number of the header is a lie': (bytes, random) =>
    changed(bytes, (copy) => lie(copy, random, at(random, Math.min(copy.length, HEAD)))),
  'a number anywhere is a lie': (bytes, random) =>
    changed(bytes, (copy) => lie(copy, random, at(random, copy.length))),
  'a field is a lie': (bytes, random) => changed(bytes, (copy) => lieInField(copy, random)),
  'several fields are lies': (bytes, random) =>
    changed(bytes, (copy) => {
      for (let n = 0; n < 5; n++) lieInField(copy, random);
    }),
  'the head of another file': (bytes, random, other) => {
    const length = at(random, HEAD);
    return Buffer.concat([other.subarray(0, length), bytes.subarray(length)]);
  },
  'the tail of another file': (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, at(random, bytes.length)), other.subarray(at(random, other.length))]),
  'garbage behind it': (bytes, random) => Buffer.concat([bytes, garbage(random, at(random, 20_000))]),
  'garbage before it': (bytes, random) => Buffer.concat([garbage(random, 1 + at(random, 2000)), bytes]),
  'garbage behind its head': (bytes, random) =>
    Buffer.concat([bytes.subarray(0, at(random, HEAD)), garbage(random, at(random, 20_000))]),
  'another file behind it': (bytes, _, other) => Buffer.concat([bytes, other]),
  'garbage inside it': (bytes, random) =>
    changed(bytes, (copy) => {
      garbage(random, at(random, 2000)).copy(copy, at(random, copy.length));
    }),
  'a stretch of zeros': (bytes, random) =>
    changed(bytes, (copy) => {
      const from = at(random, copy.length);
      copy.fill(0, from, from + at(random, copy.length - from));
    }),
  'a stretch is missing': (bytes, random) => {
    const from = at(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + at(random, 4000))]);
  },
  'a stretch comes many times': (bytes, random) => {
    const from = at(random, bytes.length);
    const stretch = bytes.subarray(from, from + 1 + at(random, 2000));
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array(1 + at(random, 50)).fill(stretch),
      bytes.subarray(from),
    ]);
  },
  'called raw samples': (bytes) => bytes,
};

/** Fields that go with a file that is called raw. */
function rawFields(random) {
  return {
    input_format: ['pcm16', 'pcm_s16le', 'f32le'][at(random, 3)],
    sample_rate: [1000, 8000, 16_000, 44_100, 384_000][at(random, 5)],
    channels: [1, 2, 3, 64][at(random, 4)],
  };
}

const at = (random, length) => Math.floor(random() * length);
const garbage = (random, length) => Buffer.from(Array.from({ length }, () => at(random, 256)));

function changed(bytes, change) {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

function flip(bytes, random, within, times) {
  for (let n = 0; n < times; n++) bytes[at(random, Math.min(within, bytes.length))] ^= 1 << at(random, 8);
}

/** Writes an extreme number over 1, 2, 4 or 8 bytes, in either order of bytes. */
function lie(bytes, random, offset) {
  const number = Buffer.alloc(8);
  const value = EXTREMES[at(random, EXTREMES.length)];
  const width = [1, 2, 4, 8][at(random, 4)];
  number.writeUInt32LE(value, 0);
  number.writeUInt32LE(value === 0xffffffff ? value : 0, 4);
  const written = number.subarray(0, width);
  if (at(random, 2) === 0) written.reverse();
  written.copy(bytes, offset);
}

/** Lies right before or behind a name; where the file has no name that we know, in its header. */
function lieInField(bytes, random) {
  const places = FIELDS.flatMap((name) => {
    const place = bytes.indexOf(name, 0, 'latin1');
    return place < 0 ? [] : [place - 4, place + name.length + at(random, 24)];
  }).filter((place) => place >= 0);
  lie(bytes, random, places.length === 0 ? at(random, HEAD) : places[at(random, places.length)]);
}

/** `count` damaged files out of `clips` (name -> bytes): what each is, its bytes, the fields sent along. */
export function* damagedFiles(clips, count, seed) {
  const names = Object.keys(clips);
  const ways = Object.keys(DAMAGES);
  for (let number = 0; number < count; number++) {
    // One generator a file, so that a single file can be made again; every clip meets every damage in turn.
    const random = randomFrom(seed + number * 7919);
    const clip = names[number % names.length];
    const how = ways[Math.floor(number / names.length + number) % ways.length];
    const other = names[at(random, names.length)];
    const bytes = DAMAGES[how](clips[clip], random, clips[other]);
    const fields = how === 'called raw samples' ? rawFields(random) : {};
    yield { number, what: `${number}: ${clip}, ${how}`, bytes, fields };
  }
}

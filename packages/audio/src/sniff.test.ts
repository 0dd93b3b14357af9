import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Container, sniff } from './sniff.js';
import { encodeWav } from './wav-writer.js';

const latin = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Frames with nothing in them: MPEG-1 layer III, 128 kbit/s, 44100 Hz, 417 bytes. */
function mp3(frames: number): Uint8Array {
  const frame = new Uint8Array(417);
  frame.set([0xff, 0xfb, 0x90, 0x00]);
  return join(...Array.from({ length: frames }, () => frame));
}

function adts(frames: number): Uint8Array {
  const frame = new Uint8Array(100);
  frame.set([0xff, 0xf1, 0x50, 0x80, 100 >> 3, ((100 & 7) << 5) | 0x1f, 0xfc]);
  return join(...Array.from({ length: frames }, () => frame));
}

function id3(bytes: number): Uint8Array {
  return join(
    latin('ID3\x04\x00\x00'),
    Uint8Array.from([0, 0, bytes >> 7, bytes & 0x7f]),
    new Uint8Array(bytes),
  );
}

function ogg(packet: string): Uint8Array {
  const page = new Uint8Array(28);
  page.set(latin('OggS'));
  page[26] = 1;
  return join(page, latin(packet));
}

/** Packets of 188 bytes of an MPEG transport stream. */
function transport(packets: number): Uint8Array {
  const packet = new Uint8Array(188);
  packet[0] = 0x47;
  return join(...Array.from({ length: packets }, () => packet));
}

const riff = (kind: string) => latin(`RIFF\x24\0\0\0${kind}fmt `);
const box = (name: string, brand: string) => latin(`\0\0\0\x18${name}${brand}\0\0\0\0`);
const ebml = (type: string) =>
  latin(
    `\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82${String.fromCharCode(0x80 | type.length)}${type}`,
  );

const CASES: readonly (readonly [string, Uint8Array, Container])[] = [
  ['wav', encodeWav(new Float32Array(4), 8000), 'wav'],
  ['rf64', latin('RF64\xff\xff\xff\xffWAVEds64'), 'rf64'],
  ['bw64', latin('BW64\xff\xff\xff\xffWAVEds64'), 'rf64'],
  ['flac', latin('fLaC\0\0\0\x22'), 'flac'],
  ['flac after ID3', join(id3(200), latin('fLaC\0\0\0\x22')), 'flac'],
  ['mp3', mp3(3), 'mp3'],
  ['mp3 of one frame', mp3(1), 'mp3'],
  ['mp3 after ID3', join(id3(300), mp3(2)), 'mp3'],
  ['mp3 after zeros', join(new Uint8Array(50), mp3(2)), 'mp3'],
  ['ID3 longer than what is seen', id3(5000).slice(0, 2000), 'mp3'],
  ['adts', adts(3), 'aac'],
  ['adts after ID3', join(id3(10), adts(2)), 'aac'],
  ['ogg opus', ogg('OpusHead\x01'), 'ogg-opus'],
  ['ogg vorbis', ogg('\x01vorbis'), 'ogg-vorbis'],
  ['ogg flac', ogg('\x7fFLAC\x01'), 'ogg-flac'],
  ['ogg of another codec', ogg('Speex   '), 'ogg'],
  ['webm', ebml('webm'), 'webm'],
  ['matroska', ebml('matroska'), 'matroska'],
  ['m4a', box('ftyp', 'M4A '), 'mp4'],
  ['mp4', box('ftyp', 'isom'), 'mp4'],
  ['old quicktime', box('wide', 'xxxx'), 'mp4'],
  ['aiff', latin('FORM\0\0\x10\0AIFFCOMM'), 'aiff'],
  ['aifc', latin('FORM\0\0\x10\0AIFCFVER'), 'aiff'],
  ['caf', latin('caff\0\x01\0\0desc'), 'caf'],
  ['amr', latin('#!AMR\n\x3c'), 'amr'],
  ['amr-wb', latin('#!AMR-WB\n\x04'), 'amr'],
  ['wma or wmv', latin('\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c'), 'asf'],
  ['avi', riff('AVI '), 'avi'],
  ['flv', latin('FLV\x01\x05\0\0\0\x09'), 'flv'],
  ['program stream', latin('\0\0\x01\xba\x44\0\x04\0'), 'mpeg-ps'],
  ['transport stream', transport(4), 'mpeg-ts'],
  ['three transport packets', transport(3), 'unknown'],
  ['nothing', new Uint8Array(0), 'unknown'],
  ['zeros', new Uint8Array(9000), 'unknown'],
  ['html', latin('<!DOCTYPE html><html><body>'), 'unknown'],
  ['json', latin('{"error": "not found"}'), 'unknown'],
  ['text', latin('Once upon a time moov ftyp'), 'unknown'],
  ['text that starts as a tag', latin('ID3 is a tag format for music files'), 'unknown'],
  ['playlist', latin('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'), 'unknown'],
  ['zip', latin('PK\x03\x04\x14\0\0\0\x08\0'), 'unknown'],
  ['gzip', latin('\x1f\x8b\x08\0\0\0\0\0'), 'unknown'],
  ['pdf', latin('%PDF-1.7\n'), 'unknown'],
  ['png', latin('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), 'unknown'],
  ['jpeg', latin('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01'), 'unknown'],
  ['webp', riff('WEBP'), 'unknown'],
  ['heic', box('ftyp', 'heic'), 'unknown'],
  ['avif', box('ftyp', 'avif'), 'unknown'],
  ['utf-16 text', latin('\xff\xfeh\0e\0l\0l\0o\0'), 'unknown'],
  ['one frame sync, then something else', join(mp3(1), latin('plain text after it')), 'unknown'],
  ['two frames that disagree', join(mp3(1), adts(1)), 'unknown'],
];

for (const [name, bytes, expected] of CASES)
  test(`${name} is ${expected}`, () => assert.equal(sniff(bytes), expected));

test('any bytes get an answer, and random ones are not audio', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 600 }), (bytes) => sniff(bytes) === 'unknown'),
    { numRuns: 3000 },
  );
  const prefixes = CASES.map(([, bytes]) => bytes);
  fc.assert(
    fc.property(fc.constantFrom(...prefixes), fc.nat(60), (bytes, n) => void sniff(bytes.subarray(0, n))),
  );
});

test('the part that runs in browsers imports nothing of Node', () => {
  const folder = new URL('.', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.js') && !name.includes('.test.'));
  assert.ok(sources.length > 8);
  for (const name of sources)
    assert.doesNotMatch(
      readFileSync(new URL(name, folder), 'utf8'),
      /from 'node:|from '\.\/node\/|\b(Buffer|process)\./,
      name,
    );
});

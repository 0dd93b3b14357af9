import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import fc from 'fast-check';
import { type MultipartEvent, MultipartParser, multipartBoundary } from './multipart-parser.js';

interface Part {
  name: string;
  filename?: string;
  contentType?: string;
  body: Buffer;
}

function encode(boundary: string, parts: readonly Part[]): Buffer {
  const chunks: Buffer[] = [];
  for (const { name, filename, body } of parts) {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: audio/wav`;
    chunks.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
      body,
      Buffer.from('\r\n'),
    );
  }
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

/** All events of a body that comes in these pieces, data joined. */
function parse(boundary: string, pieces: readonly Buffer[], maxHeader = 1000): Part[] {
  const parser = new MultipartParser(boundary, maxHeader);
  const events: MultipartEvent[] = pieces.flatMap((piece) => parser.push(piece));
  parser.finish();
  const parts: Part[] = [];
  let open: Buffer[] | undefined;
  for (const event of events) {
    if (event.type === 'part') {
      assert.equal(open, undefined, 'a part begins before the last one ended');
      open = [];
      parts.push({
        name: event.name,
        ...(event.filename === undefined ? {} : { filename: event.filename }),
        ...(event.contentType === undefined ? {} : { contentType: event.contentType }),
        body: Buffer.alloc(0),
      });
    } else if (event.type === 'data') open?.push(event.bytes);
    else {
      const last = parts.at(-1);
      assert.ok(last && open);
      last.body = Buffer.concat(open);
      open = undefined;
    }
  }
  assert.equal(open, undefined);
  return parts;
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function refuses(code: string, text: RegExp, body: () => void): void {
  assert.throws(body, (error) => VoxError.is(error) && error.code === code && text.test(error.message));
}

test('any parts, cut anywhere, come out as they went in', () => {
  // Bodies rich in what delimiters are made of.
  const bytes = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', '--b', '\r\n--', '\r\n--a', 'x', '\0', '\xff'), {
      maxLength: 12,
    })
    .map((list) => Buffer.from(list.join(''), 'latin1'))
    .filter(
      (buffer) => !Buffer.concat([Buffer.from('\r\n'), buffer, Buffer.from('\r\n--')]).includes('\r\n--bnd'),
    );
  const part = fc.record(
    { name: fc.stringMatching(/^[a-z[\]]{1,8}$/), body: bytes },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (parts, cuts) => {
        const body = encode('bnd', parts);
        assert.deepEqual(parse('bnd', pieces(body, cuts)), parts);
      },
    ),
    { numRuns: 300 },
  );
});

test('one byte at a time', () => {
  const parts = [
    { name: 'file', filename: 'a.wav', contentType: 'audio/wav', body: Buffer.from('RIFF\r\n--bn\r\n--') },
    { name: 'model', body: Buffer.alloc(0) },
  ];
  const body = Buffer.concat([
    Buffer.from('preamble'),
    Buffer.from('\r\n'),
    encode('bnd', parts),
    Buffer.from('epilogue'),
  ]);
  assert.deepEqual(
    parse(
      'bnd',
      [...body].map((byte) => Buffer.from([byte])),
    ),
    parts,
  );
});

test('names are read as browsers and clients write them', () => {
  const of = (disposition: string) =>
    parse('b', [Buffer.from(`--b\r\ncontent-disposition: ${disposition}\r\n\r\nx\r\n--b--`)])[0];
  assert.equal(of('form-data; name="a\\"b"')?.name, 'a"b');
  assert.equal(of('form-data; name=plain')?.name, 'plain');
  assert.equal(of('form-data; filename="C:\\x\\y.wav"; name="file"')?.filename, 'C:\\x\\y.wav');
  assert.equal(of('form-data; filename="C:\\x\\y.wav"; name="file"')?.name, 'file');
  assert.equal(of(`form-data; name="file"; filename*=UTF-8''%c3%bc.wav`)?.filename, "UTF-8''%c3%bc.wav");
  assert.equal(of('form-data; name="ü"')?.name, 'ü');
});

test('malformed bodies are refused', () => {
  const body = encode('b', [{ name: 'file', body: Buffer.from('x') }]);
  refuses('invalid_request', /ends before/, () => parse('b', [body.subarray(0, body.length - 6)]));
  refuses('invalid_request', /ends before/, () => parse('other', [body]));
  refuses('invalid_request', /ends before/, () => parse('b', []));
  refuses('invalid_request', /line end/, () => parse('b', [Buffer.from('--bx\r\n')]));
  refuses('invalid_request', /Content-Disposition/, () => parse('b', [Buffer.from('--b\r\n\r\nx\r\n--b--')]));
  refuses('invalid_request', /Content-Disposition/, () =>
    parse('b', [Buffer.from('--b\r\nContent-Disposition: attachment; name="x"\r\n\r\nx\r\n--b--')]),
  );
});

test('a part header over the limit is refused while it comes, whole or in pieces', () => {
  const parser = new MultipartParser('b', 1000);
  parser.push(Buffer.from('--b\r\n'));
  let pushed = 0;
  refuses('invalid_request', /longer than 1000/, () => {
    for (; pushed < 10_000; pushed += 100) parser.push(Buffer.alloc(100, 'a'));
  });
  assert.ok(pushed <= 1100, `refused after ${pushed} bytes`);
  const long = `--b\r\nContent-Disposition: form-data; name="${'n'.repeat(2000)}"\r\n\r\n`;
  refuses('invalid_request', /longer than 1000/, () => parse('b', [Buffer.from(long)]));
});

test('boundaries of the Content-Type', () => {
  assert.equal(multipartBoundary('multipart/form-data; boundary=abc'), 'abc');
  assert.equal(multipartBoundary('Multipart/Form-Data; charset=utf-8; Boundary="a b;c"'), 'a b;c');
  for (const bad of [
    undefined,
    'application/json',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
    'multipart/mixed; boundary=a',
  ])
    refuses('invalid_request', /multipart\/form-data/, () => multipartBoundary(bad));
});

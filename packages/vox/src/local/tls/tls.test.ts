/** Certificates that are made here, and the user's own. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from './certificate.js';
import { integer, oid, time } from './der.js';
import { openOwnTls, openTlsFiles, readOwnCertificate } from './index.js';

const DAY_MS = 86_400_000;

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vox-tls-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('DER as the standard has it', () => {
  assert.equal(oid('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  assert.equal(integer(Uint8Array.of(0, 0)).toString('hex'), '020100');
  assert.equal(integer(Uint8Array.of(0, 0x80)).toString('hex'), '02020080');
  assert.equal(time(new Date('2049-12-31T23:59:59.5Z')).subarray(2).toString(), '491231235959Z');
  assert.equal(time(new Date('2050-01-01T00:00:00Z')).subarray(2).toString(), '20500101000000Z');
});

test('a client that trusts the certificate gets through, by every name of this machine, and no other does', async (t) => {
  const home = await folder(t);
  const { cert, key, fingerprint, own } = await openOwnTls(home, ['192.168.7.9', 'fe80::1:2', 'Vox.Example']);
  assert.ok(own);
  assert.equal(fingerprint, new X509Certificate(cert).fingerprint256);
  const parsed = new X509Certificate(cert);
  assert.equal(parsed.verify(parsed.publicKey), true);
  assert.equal(parsed.ca, false);
  for (const name of ['localhost', 'vox.example']) assert.equal(parsed.checkHost(name), name);
  assert.ok(hostname() === '' || parsed.checkHost(hostname().toLowerCase()) !== undefined);
  for (const address of ['127.0.0.1', '::1', '192.168.7.9', 'fe80::1:2'])
    assert.equal(parsed.checkIP(address), address);
  assert.equal(parsed.checkHost('evil.example'), undefined);
  const server = createServer({ key, cert }, (_, response) => void response.end('hello'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (host: string, ca?: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { agent: false, ...(ca === undefined ? {} : { ca }) } as const;
      get(`https://${host}:${port}/`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  assert.equal(await ask('127.0.0.1', cert), 200);
  assert.equal(await ask('localhost', cert), 200);
  await assert.rejects(ask('localhost'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

test('a pair is kept, for this user alone, until it nears its end, lacks a name, or is damaged', async (t) => {
  const home = await folder(t);
  const now = new Date('2026-11-21T12:00:00Z');
  const first = await openOwnTls(home, [], now);
  assert.equal((await stat(join(home, 'tls', 'key.pem'))).mode & 0o777, 0o600);
  assert.equal(await readOwnCertificate(home), first.cert);
  assert.equal((await openOwnTls(home, [], new Date(now.getTime() + 366 * DAY_MS))).cert, first.cert);
  // What is no name is left out, rather than looked for in vain at each start.
  assert.equal((await openOwnTls(home, ['*', 'cafe:8080', ':'], now)).cert, first.cert);
  const named = await openOwnTls(home, ['box.lan'], now);
  assert.notEqual(named.cert, first.cert);
  const late = new Date(now.getTime() + 368 * DAY_MS);
  const renewed = await openOwnTls(home, ['box.lan'], late);
  assert.notEqual(renewed.cert, named.cert);
  await writeFile(join(home, 'tls', 'key.pem'), makeCertificate(['localhost'], late).key);
  const mended = await openOwnTls(home, ['box.lan'], late);
  assert.notEqual(mended.cert, renewed.cert);
  assert.equal(await readFile(mended.certPath, 'utf8'), mended.cert);
});

test("the user's own files; what is wrong with them is said by flag and path", async (t) => {
  const home = await folder(t);
  const pair = makeCertificate(['localhost'], new Date());
  const cert = join(home, 'a.pem');
  const key = join(home, 'b.pem');
  await writeFile(cert, pair.cert);
  await writeFile(key, pair.key);
  const opened = await openTlsFiles({ cert, key });
  assert.deepEqual([opened.cert, opened.key, opened.own], [pair.cert, pair.key, false]);
  await assert.rejects(
    openTlsFiles({ cert: join(home, 'none'), key }),
    /--tls-cert .*none can't be read \(ENOENT\)/,
  );
  await assert.rejects(openTlsFiles({ cert: key, key }), /--tls-cert .*b\.pem is not a certificate in PEM/);
  await assert.rejects(openTlsFiles({ cert, key: cert }), /--tls-key .*a\.pem is not a private key/);
  await writeFile(key, makeCertificate(['localhost'], new Date()).key);
  await assert.rejects(openTlsFiles({ cert, key }), /is not the key of the certificate/);
});

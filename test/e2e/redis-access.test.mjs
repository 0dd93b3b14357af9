/** Redis behind passwords and TLS. Only who trusts a certificate has a process of its own: that is settled when one starts. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { probe } from './redis-probe.mjs';
import { freePort, NO_REDIS, startRedis } from './redis-server.mjs';

const run = promisify(execFile);
const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';
const TRUSTING = new URL('./redis-probe-trusting.mjs', import.meta.url).pathname;
const PASSWORD = 'p@ss word/1';
const SECRET = encodeURIComponent(PASSWORD);

/** `probe` of each, in a process that trusts the certificate. */
async function probeTrusting(cert, ...urls) {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
  const { stdout } = await run(process.execPath, [TRUSTING, ...urls], { env });
  return JSON.parse(stdout);
}

function refused(answer, why) {
  assert.equal(answer.code, 'store_unavailable', JSON.stringify(answer));
  assert.match(answer.message, why);
  assert.doesNotMatch(JSON.stringify(answer), /p@ss|p%40ss/, 'a password is told to nobody');
}

describe('a Redis that does not let everybody in', { skip: NO_REDIS || NO_OPENSSL }, () => {
  let folder;
  let redis;
  let tlsPort;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vox-redis-tls-'));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    const subject = ['-subj', '/CN=redis.test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    tlsPort = await freePort();
    redis = await startRedis([
      ...['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key],
      ...['--tls-ca-cert-file', cert, '--tls-auth-clients', 'no', '--requirepass', PASSWORD],
    ]);
    const admin = new Redis({ port: redis.port, password: PASSWORD });
    const rules = ['on', `>${PASSWORD}`, '~s:*', '&s:*'];
    // What keeping sessions needs, and too little.
    await admin.acl('SETUSER', 'vox', ...rules, '+@all', '-@dangerous', '+info');
    await admin.acl('SETUSER', 'reader', ...rules, '+@read', '+@connection');
    admin.disconnect();
  });
  after(async () => {
    await redis?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (access, scheme = 'redis', port = redis.port) => `${scheme}://${access}127.0.0.1:${port}/0`;

  it('a password, and a user of its own', async () => {
    const [all, own, none, wrong, nobody, reader] = await Promise.all(
      [`:${SECRET}@`, `vox:${SECRET}@`, '', ':wrong@', `nobody:${SECRET}@`, `reader:${SECRET}@`].map(
        (access) => probe(at(access)),
      ),
    );
    assert.deepEqual([all, own], [{ kept: true }, { kept: true }]);
    refused(none, /NOAUTH/);
    refused(wrong, /WRONGPASS/);
    refused(nobody, /WRONGPASS/);
    refused(reader, /NOPERM/);
  });

  it('TLS with a certificate that NODE_EXTRA_CA_CERTS names', async () => {
    const cert = join(folder, 'cert.pem');
    const url = at(`:${SECRET}@`, 'rediss', tlsPort);
    const [[kept, otherName], unknown, plain] = await Promise.all([
      probeTrusting(cert, url, url.replace('127.0.0.1', 'localhost')),
      probe(url),
      probe(at(`:${SECRET}@`, 'rediss')),
    ]);
    assert.deepEqual(kept, { kept: true });
    refused(unknown, /self-signed certificate.*NODE_EXTRA_CA_CERTS/);
    refused(otherName, /altnames/);
    refused(plain, /Redis cannot be used/);
  });
});

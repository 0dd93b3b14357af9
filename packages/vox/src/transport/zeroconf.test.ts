import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it, type TestContext } from 'node:test';
import type { Answer } from 'dns-packet';
import multicastDns from 'multicast-dns';
import { until } from './waiting.test.support.js';
import { announce, isNear } from './zeroconf.js';
import { zeroconfRecords } from './zeroconf-records.js';

const GROUP_IP = '224.0.0.251';

/** A free port for a group of our own: the real one belongs to the machine. */
async function group(): Promise<{ ip: string; port: number; interface: string }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '0.0.0.0', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return { ip: GROUP_IP, port, interface: '127.0.0.1' };
}

/** Does a datagram to a group come back on loopback? Containers may not allow it. */
async function multicastWorks(): Promise<boolean> {
  const where = await group();
  const mdns = multicastDns({ ...where, bind: '0.0.0.0' });
  let heard = false;
  mdns.on('query', () => {
    heard = true;
  });
  mdns.on('error', () => {});
  mdns.query('a.local', 'A');
  for (let turn = 0; turn < 50 && !heard; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise<void>((resolve) => mdns.destroy(() => resolve()));
  return heard;
}

const works = await multicastWorks();
const skip = works ? false : 'this machine passes no multicast on loopback';

async function listen(t: TestContext, where: Awaited<ReturnType<typeof group>>) {
  const mdns = multicastDns({ ...where, bind: '0.0.0.0' });
  const told: Answer[][] = [];
  mdns.on('response', ({ answers = [], additionals = [] }) => void told.push([...answers, ...additionals]));
  t.after(() => new Promise<void>((resolve) => mdns.destroy(() => resolve())));
  return { mdns, told };
}

const service = { type: '_wyoming._tcp', name: 'vox', host: '192.0.2.7', port: 10_300 };

describe('records of a service', () => {
  it('lead from the type to the address', () => {
    const instance = 'vox-kitchen-10300';
    const records = zeroconfRecords({ ...service, instance, addresses: ['192.0.2.7', '2001:db8::7'] });
    const brief = records.map(({ name, type, ...rest }) => [name, type, (rest as { data: unknown }).data]);
    assert.deepEqual(brief, [
      ['_services._dns-sd._udp.local', 'PTR', '_wyoming._tcp.local'],
      ['_wyoming._tcp.local', 'PTR', 'vox-kitchen-10300._wyoming._tcp.local'],
      [
        'vox-kitchen-10300._wyoming._tcp.local',
        'SRV',
        { priority: 0, weight: 0, port: 10_300, target: 'vox-kitchen-10300.local' },
      ],
      ['vox-kitchen-10300._wyoming._tcp.local', 'TXT', ['']],
      ['vox-kitchen-10300.local', 'A', '192.0.2.7'],
      ['vox-kitchen-10300.local', 'AAAA', '2001:db8::7'],
    ]);
  });
});

it('answers its own networks alone', () => {
  for (const address of ['127.0.0.1', '127.3.2.1']) assert.equal(isNear(address), true, address);
  // For documentation, in nobody's network (RFC 5737).
  for (const address of ['203.0.113.9', '2001:db8::7', 'x']) assert.equal(isNear(address), false, address);
});

describe('an announcement', { skip }, () => {
  it('is made, answers who asks, and says goodbye', async (t) => {
    const where = await group();
    const { mdns, told } = await listen(t, where);
    const warnings: string[] = [];
    const announced = await announce({ ...service, group: where, warn: (reason) => warnings.push(reason) });
    t.after(() => announced.close());
    assert.match(announced.instance, /^vox-[A-Za-z0-9-]*-10300$/);
    await until('what must happen', () => told.length === 1);
    const instance = `${announced.instance}._wyoming._tcp.local`;
    assert.ok(told[0]?.some((record) => record.type === 'PTR' && record.data === instance));

    told.length = 0;
    mdns.query('_WYOMING._tcp.local', 'PTR');
    await until('what must happen', () => told.length > 0);
    const [answer, ...more] = told[0] ?? [];
    assert.equal((answer as { data?: unknown }).data, instance);
    // All that it takes to connect comes along.
    assert.deepEqual(
      more.map(({ type }) => type),
      ['PTR', 'SRV', 'TXT', 'A'],
    );

    told.length = 0;
    await announced.close();
    await announced.close();
    await until('what must happen', () => told.length > 0);
    assert.ok(told[0]?.every((record) => (record as { ttl?: number }).ttl === 0));
    assert.deepEqual(warnings, []);
  });

  it('answers a program that asks from a port of its own, there', async (t) => {
    const where = await group();
    const announced = await announce({ ...service, group: where, warn() {} });
    t.after(() => announced.close());
    const socket = createSocket('udp4');
    t.after(() => socket.close());
    const replied = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    // A question for _wyoming._tcp.local, PTR, under the id 0x1234, byte by byte (RFC 1035, 4.1).
    const name = [8, ...Buffer.from('_wyoming'), 4, ...Buffer.from('_tcp'), 5, ...Buffer.from('local'), 0];
    const question = Buffer.from([0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 12, 0, 1]);
    socket.send(question, where.port, where.ip);
    const reply = await replied;
    assert.equal(reply.readUInt16BE(0), 0x1234);
    assert.ok(reply.includes('_wyoming'));
  });
});

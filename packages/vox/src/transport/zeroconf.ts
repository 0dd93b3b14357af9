/**
 * Tells the local network of a service by multicast DNS (RFC 6762, RFC 6763), so that programs find it without being told
 * where. What speaks it is loaded only when something is to be told.
 */
import { BlockList } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { Answer, Question } from 'dns-packet';
import type multicastDns from 'multicast-dns';
import { zeroconfRecords } from './zeroconf-records.js';

export interface Announcement {
  /** `_wyoming._tcp` */
  readonly type: string;
  /** What it is called on this machine, before the machine's own name: `vox`. */
  readonly name: string;
  /** Where the service listens: an IP address, or a wildcard for all of them. */
  readonly host: string;
  readonly port: number;
  /** Something is wrong with the network; the service goes on unannounced. */
  readonly warn: (message: string) => void;
  /** Of the multicast, for tests; absent = 224.0.0.251:5353 on every interface. */
  readonly group?: { readonly ip: string; readonly port: number; readonly interface: string };
}

export interface Announced {
  /** As others see it: `vox-kitchen-10300`. */
  readonly instance: string;
  /** Says goodbye, so that nobody asks for what is gone. Idempotent. */
  close(): Promise<void>;
}

/** The second of the two announcements that RFC 6762 (8.3) asks for comes so long after the first, in ms. */
const AGAIN_MS = 1_000;
/** A goodbye that can't leave is given up after so long, in ms. */
const GOODBYE_MS = 500;
/** A DNS label has room for so many bytes (RFC 1035, 2.3.4). */
const LABEL_BYTES = 63;
const MDNS_PORT = 5353;

/** Announces; resolves once the network was spoken to, or could not be, which `warn` is told. Never rejects. */
export async function announce(announcement: Announcement): Promise<Announced> {
  const machine = hostname().split('.', 1)[0] ?? '';
  const instance = label(`${announcement.name}-${machine}-${announcement.port}`);
  try {
    const responder = await open(announcement, instance);
    return { instance, close: () => responder.close() };
  } catch (error) {
    // No network, one that may not be looked at (containers, phones), or the library is not installed.
    announcement.warn(error instanceof Error ? error.message : String(error));
    return { instance, close: async () => {} };
  }
}

/** Throws what the system has against it, and where there is nothing to announce. */
async function open({ type, host, port, warn, group }: Announcement, instance: string): Promise<Responder> {
  const addresses = reachable(host);
  if (addresses.length === 0) throw new Error('this machine has no network address to announce');
  const { default: multicast } = await import('multicast-dns');
  const [only] = addresses;
  const mdns = multicast({
    ...(group ?? (addresses.length === 1 && only?.includes('.') ? { interface: only } : {})),
    bind: '0.0.0.0',
  });
  const records = zeroconfRecords({ type, instance, port, addresses });
  const responder = new Responder(mdns, records, group?.port ?? MDNS_PORT);
  mdns.on('error', (error) => {
    warn(error.message);
    void responder.close();
  });
  // What can't be read, and interfaces without multicast.
  mdns.on('warning', () => {});
  await responder.start();
  return responder;
}

class Responder {
  readonly #mdns: multicastDns.MulticastDNS;
  readonly #records: readonly Answer[];
  readonly #port: number;
  #again: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(mdns: multicastDns.MulticastDNS, records: readonly Answer[], port: number) {
    this.#mdns = mdns;
    this.#records = records;
    this.#port = port;
    mdns.on('query', ({ id = 0, questions = [] }, from) => this.#answer(id, questions, from));
  }

  async start(): Promise<void> {
    await this.#say(this.#records);
    this.#again = setTimeout(() => void this.#say(this.#records), AGAIN_MS);
    this.#again.unref();
  }

  close(): Promise<void> {
    this.#closed ??= this.#goodbye();
    return this.#closed;
  }

  #answer(id: number, questions: readonly Question[], from: { address: string; port: number }): void {
    if (this.#closed !== undefined) return;
    const asked = (record: Answer) =>
      questions.some(
        ({ name, type }) =>
          name.toLowerCase() === record.name.toLowerCase() && ['ANY', record.type].includes(type),
      );
    const answers = this.#records.filter(asked);
    if (answers.length === 0) return;
    const additionals = this.#records.filter((record) => !answers.includes(record));
    // A program that is no member of the group asks from a port of its own, and is answered there (RFC 6762, 6.7).
    const alone = from.port !== this.#port;
    if (alone && !isNear(from.address)) return;
    const packet = {
      answers,
      additionals,
      ...(alone ? { id, questions: [...questions] } : {}),
    };
    if (alone) this.#mdns.respond(packet, from);
    else this.#mdns.respond(packet);
  }

  /** A failure to send is a network that is down: it is told again when somebody asks. */
  #say(answers: readonly Answer[]): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, GOODBYE_MS);
      this.#mdns.respond({ answers: [...answers] }, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  async #goodbye(): Promise<void> {
    clearTimeout(this.#again);
    await this.#say(this.#records.map((record) => ({ ...record, ttl: 0 })) as Answer[]);
    await new Promise<void>((resolve) => this.#mdns.destroy(() => resolve()));
  }
}

/**
 * Is an IPv4 address in one of this machine's networks? Others are not answered (RFC 6762, 11): whoever writes the address of
 * somebody else on a question would have our longer answer sent there.
 */
export function isNear(address: string): boolean {
  const near = new BlockList();
  for (const { family, cidr } of Object.values(networkInterfaces()).flatMap((all = []) => all)) {
    const [network, prefix] = cidr?.split('/') ?? [];
    if (family === 'IPv4' && network !== undefined) near.addSubnet(network, Number(prefix), 'ipv4');
  }
  return near.check(address, 'ipv4');
}

/** Addresses under which others reach what listens on `host`: of a wildcard all that this machine has in a network. */
function reachable(host: string): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses
      // An IPv6 address of the link alone means nothing without its interface.
      .filter(
        ({ family, internal, address }) =>
          !internal && !address.startsWith('fe80:') && (family === 'IPv4' || host === '::'),
      )
      .map(({ address }) => address),
  );
}

/** A name as a DNS label that everybody can read. */
function label(name: string): string {
  return name
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, LABEL_BYTES)
    .replace(/-+$/, '');
}

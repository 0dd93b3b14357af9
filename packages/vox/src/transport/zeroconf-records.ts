/** The DNS records of one service (RFC 6763). Pure. */
import { isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';

/** Seconds for which records are kept: 75 minutes, but two minutes for those that name the machine (RFC 6762, 10). */
const TTL = 4_500;
const MACHINE_TTL = 120;

export interface Service {
  /** `_wyoming._tcp` */
  readonly type: string;
  readonly instance: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

/** Pointers first: what is asked for; then what must be known to connect. */
export function zeroconfRecords({ type, instance, port, addresses }: Service): readonly Answer[] {
  const service = `${type}.local`;
  const name = `${instance}.${service}`;
  // A name of our own, so that nobody disputes it with what else speaks for this machine.
  const target = `${instance}.local`;
  return [
    { name: '_services._dns-sd._udp.local', type: 'PTR', ttl: TTL, data: service },
    { name: service, type: 'PTR', ttl: TTL, data: name },
    { name, type: 'SRV', ttl: MACHINE_TTL, flush: true, data: { priority: 0, weight: 0, port, target } },
    { name, type: 'TXT', ttl: TTL, flush: true, data: [''] },
    ...addresses.map(
      (data): Answer => ({
        name: target,
        type: isIPv6(data) ? 'AAAA' : 'A',
        ttl: MACHINE_TTL,
        flush: true,
        data,
      }),
    ),
  ];
}

/** Ids of connections, which sort by time. */
import { randomBytes } from 'node:crypto';

/** A UUID of version 7 (RFC 9562, 5.7) as 32 hexadecimal digits: 48 bits of Unix ms, then chance. */
export function connectionId(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex');
}

// Which of the capabilities that Baton cannot work without this process lacks.

import { readFileSync } from 'node:fs';

/** Capabilities that are needed and not effective: of CAP_NET_ADMIN (addresses, SO_BINDTODEVICE) and CAP_NET_RAW (raw
 *  and packet sockets). Empty when all are there.
 *  @param status the text of /proc/self/status, read from the kernel unless given */
export function missingCapabilities(status = readFileSync('/proc/self/status', 'latin1')): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return NEEDED.filter(({ bit }) => (effective & (1n << bit)) === 0n).map(({ name }) => name);
}

// Bits of <linux/capability.h>.
const NEEDED = [{ name: 'CAP_NET_ADMIN', bit: 12n }, { name: 'CAP_NET_RAW', bit: 13n }];

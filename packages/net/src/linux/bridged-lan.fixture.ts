// A LAN for the live tests of what a whole host does: this network namespace is host A, whose `uplink` hangs on a
// bridge; other hosts are namespaces on the same bridge. The bridge lies in A's namespace, so that the test can look
// into every cable, but A's IP layer knows nothing of it.

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

import { interfaceIndex } from '@baton/linux';

import { ip } from './veth-pair.fixture.js';

/** Host A: 10.97.0.1/24, fd97::1/64. */
export const UPLINK = 'uplink';
/** A's end of the cable in the bridge. */
export const PORT = 'p-a';
export const BRIDGE = 'lan';
export const UPLINK_MAC = '02:00:00:00:00:01';

/** Another host: its eth0 has 10.97.0.N/24, fd97::N/64 and the MAC 02:00:00:00:00:0N. */
export interface LanHost {
  readonly namespace: string;
  readonly address: string;
  readonly mac: string;
  /** Its end of the cable in the bridge. */
  readonly port: string;
}

/** Makes the bridge and host A, whose kernel forwards packets.
 *  @throws {Error} outside of in-lab */
export function createLan(): void {
  if (!existsSync('/run/in-lab.pid')) {
    throw new Error('live tests need a network namespace of their own: run them through packages/lab/bin/in-lab');
  }
  ip('link', 'add', BRIDGE, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0', 'forward_delay', '0');
  ip('link', 'add', UPLINK, 'address', UPLINK_MAC, 'type', 'veth', 'peer', 'name', PORT);
  for (const name of [BRIDGE, PORT]) writeSetting(`ipv6/conf/${name}/disable_ipv6`, '1');
  // Without, link-local addresses are of no use for the first seconds, and neighbours cannot be asked for.
  writeSetting(`ipv6/conf/${UPLINK}/accept_dad`, '0');
  ip('link', 'set', BRIDGE, 'arp', 'off', 'up');
  ip('link', 'set', PORT, 'master', BRIDGE, 'up');
  ip('link', 'set', UPLINK, 'up');
  ip('address', 'add', '10.97.0.1/24', 'dev', UPLINK);
  ip('address', 'add', 'fd97::1/64', 'dev', UPLINK, 'nodad');
  writeSetting('ipv4/ip_forward', '1');
  writeSetting('ipv6/conf/all/forwarding', '1');
}

/** Adds host number N, 2–9. */
export function addHost(number: number): LanHost {
  const host = {
    namespace: `lan-host-${String(number)}`, address: `10.97.0.${String(number)}`,
    mac: `02:00:00:00:00:0${String(number)}`, port: `p-${String(number)}`,
  };
  ip('netns', 'add', host.namespace);
  ip('link', 'add', host.port, 'type', 'veth', 'peer', 'name', 'eth0', 'address', host.mac, 'netns', host.namespace);
  writeSetting(`ipv6/conf/${host.port}/disable_ipv6`, '1');
  ip('link', 'set', host.port, 'master', BRIDGE, 'up');
  inside(host, 'sysctl', '-q', '-w', 'net.ipv6.conf.eth0.accept_dad=0');
  inside(host, 'ip', 'link', 'set', 'lo', 'up');
  inside(host, 'ip', 'link', 'set', 'eth0', 'up');
  inside(host, 'ip', 'address', 'add', `${host.address}/24`, 'dev', 'eth0');
  inside(host, 'ip', 'address', 'add', `fd97::${String(number)}/64`, 'dev', 'eth0', 'nodad');
  return host;
}

/** Removes everything; what is gone already is passed over. */
export function removeLan(hosts: readonly LanHost[]): void {
  for (const { namespace, port } of hosts) {
    if (interfaceIndex(port) > 0) ip('link', 'delete', port);
    ip('netns', 'delete', namespace);
  }
  for (const name of [UPLINK, BRIDGE]) if (interfaceIndex(name) > 0) ip('link', 'delete', name);
}

/** Runs a program in a host's namespace.
 *  @returns what it wrote
 *  @throws {Error} when it fails */
export function inside({ namespace }: LanHost, program: string, ...words: string[]): string {
  return execFileSync('ip', ['netns', 'exec', namespace, program, ...words], { encoding: 'utf8', stdio: 'pipe' });
}

/** Whether one echo request is answered, waited for at most a second. */
export function answersPing(host: LanHost, address: string): boolean {
  try {
    inside(host, 'ping', '-n', '-c', '1', '-W', '1', address);
    return true;
  } catch {
    return false;
  }
}

/** Writes /proc/sys/net/… of this namespace. */
export function writeSetting(path: string, value: string): void {
  writeFileSync(`/proc/sys/net/${path}`, value);
}

// Interfaces for the live tests: pairs joined by a cable, both ends in the network namespace of the test. Works only in
// a namespace that in-lab made, so that no test can touch the machine's own interfaces.

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

import { addressBytes } from '@baton/base';
import {
  AF_INET, AF_INET6, AF_PACKET, IPPROTO_IP, IPPROTO_IPV6, IPV6_JOIN_GROUP, IP_ADD_MEMBERSHIP, SOCK_RAW, bindSocket,
  closeDescriptor, encodeLinkAddress, encodeMulticastRequest, encodeMulticastRequest6, interfaceIndex, openRouteSocket,
  openSocket, readLink, receive, sendTo, setSocketOption,
} from '@baton/linux';

/** Two interfaces: what leaves one arrives at the other. */
export interface VethPair {
  /** 10.99.N.1/24. */
  readonly near: string;
  /** 10.99.N.2/24. */
  readonly far: string;
  readonly nearAddress: string;
  readonly farAddress: string;
}

/** Makes pair number N, and makes both ends accept packets from each other although both addresses are this host's.
 *  @throws {Error} outside of in-lab */
export function createVethPair(number: number): VethPair {
  if (!existsSync('/run/in-lab.pid')) {
    throw new Error('live tests need a network namespace of their own: run them through packages/lab/bin/in-lab');
  }
  const near = `bt${String(number)}a`;
  const far = `bt${String(number)}b`;
  const nearAddress = `10.99.${String(number)}.1`;
  const farAddress = `10.99.${String(number)}.2`;
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
  // Another test of this namespace may have made a router of the host, and a packet would go round between the ends.
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
  // rp_filter is the larger of `all` and the interface's own; accept_local is needed on the interface alone.
  writeSetting('all', 'rp_filter', '0');
  for (const [name, address] of [[near, nearAddress], [far, farAddress]] as const) {
    writeSetting(name, 'accept_local', '1');
    writeSetting(name, 'rp_filter', '0');
    ip('link', 'set', name, 'addrgenmode', 'none');
    ip('address', 'add', `${address}/24`, 'dev', name);
    ip('link', 'set', name, 'up');
  }
  const pair = { near, far, nearAddress, farAddress };
  waitUntilUp(pair);
  return pair;
}

/** Gives both ends of pair N link-local addresses, fe80::N:1 and fe80::N:2, ready for use at once. The kernel takes
 *  them off when their interface goes down. */
export function addLinkLocals(number: number): { readonly near: string; readonly far: string } {
  const near = `fe80::${String(number)}:1`;
  const far = `fe80::${String(number)}:2`;
  ip('address', 'replace', `${near}/64`, 'dev', `bt${String(number)}a`, 'nodad');
  ip('address', 'replace', `${far}/64`, 'dev', `bt${String(number)}b`, 'nodad');
  return { near, far };
}

/** Joins a group as some other program would.
 *  @returns leaves it */
export function joinGroup(interfaceName: string, group: string): () => void {
  const index = interfaceIndex(interfaceName);
  const bytes = addressBytes(group);
  const [domain, level, option, request] = bytes.length === 4
    ? [AF_INET, IPPROTO_IP, IP_ADD_MEMBERSHIP, encodeMulticastRequest(bytes, new Uint8Array(4), index)] as const
    : [AF_INET6, IPPROTO_IPV6, IPV6_JOIN_GROUP, encodeMulticastRequest6(bytes, index)] as const;
  const forExperiments = 253;
  const fd = openSocket(domain, SOCK_RAW, forExperiments);
  if (fd < 0 || setSocketOption(fd, level, option, request) < 0) throw new Error(`${group} cannot be joined`);
  return () => closeDescriptor(fd);
}

/** Blocks until the kernel says of both ends what the product waits for, that they are up and running. Until it does,
 *  it takes packets and throws them away: the queue of an interface whose carrier has come back is set up later, by a
 *  worker of the kernel.
 *  @throws {Error} after 5 s */
export function waitUntilUp({ near, far }: VethPair): void {
  const deadline = performance.now() + 5000;
  const socket = openRouteSocket();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  try {
    while (![near, far].every((name) => readLink(socket, name)?.up === true)) {
      if (performance.now() > deadline) throw new Error(`${near} and ${far} did not come up within 5 s`);
      Atomics.wait(pause, 0, 0, 1);
    }
  } finally {
    socket.close();
  }
}

/** Removes a pair; harmless when it is gone. */
export function removeVethPair({ near }: VethPair): void {
  if (interfaceIndex(near) > 0) ip('link', 'delete', near);
}

/** Runs `ip` with these words. */
export function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Runs a program to its end.
 *  @returns what it wrote */
export function readText(program: string, ...words: string[]): string {
  return execFileSync(program, words, { encoding: 'utf8' });
}

/** A packet socket on one interface, below all checks of the kernel's IP layer. */
export interface Tap {
  /** Every frame that has come in since the last call. */
  frames(): Uint8Array[];
  inject(frame: Uint8Array): void;
  close(): void;
}

/** Opens a packet socket for all protocols. */
export function openTap(interfaceName: string): Tap {
  const everything = 0x0300; // htons(ETH_P_ALL)
  const fd = openSocket(AF_PACKET, SOCK_RAW, everything);
  const address = encodeLinkAddress(interfaceIndex(interfaceName));
  if (fd < 0 || bindSocket(fd, address) < 0) throw new Error(`no packet socket on ${interfaceName}`);
  const buffer = new Uint8Array(65536);
  return {
    frames(): Uint8Array[] {
      const frames: Uint8Array[] = [];
      for (let length = receive(fd, buffer); length >= 0; length = receive(fd, buffer)) {
        frames.push(buffer.slice(0, length));
      }
      return frames;
    },
    inject(frame): void {
      if (sendTo(fd, frame, address) < 0) throw new Error(`frame refused on ${interfaceName}`);
    },
    close(): void {
      closeDescriptor(fd);
    },
  };
}

/** Lets the event loop turn until the condition holds.
 *  @throws {Error} naming what did not happen within 5 s */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function writeSetting(interfaceName: string, name: string, value: string): void {
  writeFileSync(`/proc/sys/net/ipv4/conf/${interfaceName}/${name}`, value);
}

// Where this node listens and connects from when the file does not say so. Asks the routing table by connecting a
// datagram socket, which sends nothing.

import { addressFamily, formatAddress, parseAddress, type IpAddress } from '@baton/base';
import { createSocket } from 'node:dgram';

/** How long the routing table may take, ms. */
const ROUTE_TIMEOUT_MS = 1000;

/** The one address of this node that all these are reached from; the wildcard of their family when there is none, or
 *  more than one. Never rejects. */
export async function findListenAddress(peers: readonly IpAddress[]): Promise<IpAddress> {
  const sources = await Promise.all(peers.map(findSourceAddress));
  const [source] = sources;
  if (source !== undefined && sources.every((other) => other === source)) return source;
  return peers.some((peer) => addressFamily(peer) === 6) ? '::' : '0.0.0.0';
}

/** Whether nobody outside of this machine can have it. */
export function isLoopback(address: IpAddress): boolean {
  return address === '::1' || /^127\./u.test(address);
}

/** Whether it stands for every address of this node. */
export function isWildcard(address: IpAddress): boolean {
  return address === '::' || address === '0.0.0.0';
}

/** An address as the system tells it, in the spelling of the file: without scope, and IPv4 as IPv4. */
export function plainAddress(told: string): IpAddress {
  const [address = ''] = told.replace(/^::ffff:(?=\d+\.)/u, '').split('%');
  const bytes = parseAddress(address);
  return bytes === undefined ? address : formatAddress(bytes);
}

/** `10.0.0.11:8512`, `[::1]:8512` */
export function formatEndpoint(address: IpAddress, port: number): string {
  return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
}

function findSourceAddress(peer: IpAddress): Promise<IpAddress | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(addressFamily(peer) === 4 ? 'udp4' : 'udp6');
    let isDone = false;
    const finish = (address: IpAddress | undefined): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      socket.close();
      resolve(address);
    };
    const timer = setTimeout(() => { finish(undefined); }, ROUTE_TIMEOUT_MS);
    socket.on('error', () => { finish(undefined); });
    // Port 9 of RFC 863; nothing is ever sent.
    socket.connect(9, peer, (error?: Error) => {
      finish(error === undefined ? plainAddress(socket.address().address) : undefined);
    });
  });
}

// Tells the LAN who holds an address: gratuitous ARP and unsolicited neighbour advertisements on one packet socket for
// all interfaces. Frames carry the interface's own MAC. Does not ask whether the address is still ours: the engine does
// that before it announces.

import { BatonError, addressFamily } from '@baton/base';
import {
  AF_PACKET, SOCK_RAW, SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, closeDescriptor, encodeLinkAddress, errnoName,
  openRouteSocket, openSocket, readLink, sendTo, setSocketOption, type NetlinkSocket,
} from '@baton/linux';

import { encodeGratuitousArp, encodeNeighbourAdvertisement } from '../frames.js';
import type { Announcer, NetErrorCode, OwnedAddress, SendResult } from '../index.js';

/** An Announcer on the network namespace of this process; close it to give its sockets back.
 *  @throws {BatonError<NetErrorCode>} without CAP_NET_RAW */
export function openAnnouncer(): Announcer & { close(): void } {
  return new PacketAnnouncer();
}

class PacketAnnouncer implements Announcer {
  readonly #fd: number;
  readonly #route: NetlinkSocket;

  constructor() {
    // Protocol 0: the socket only sends, the kernel queues nothing for it.
    this.#fd = openSocket(AF_PACKET, SOCK_RAW, 0);
    if (this.#fd < 0) {
      const errno = errnoName(this.#fd);
      throw new BatonError<NetErrorCode>('ERR_NET_RAW_SOCKET_DENIED', `cannot open a packet socket: ${errno}`, {
        details: { errno }, hint: 'grant CAP_NET_RAW to the service',
      });
    }
    if (setSocketOption(this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES) < 0) {
      setSocketOption(this.#fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
    }
    this.#route = openRouteSocket();
  }

  /** Every address is announced once before any is announced again. A frame that the kernel does not take does not stop
   *  the others.
   *  @returns the first refusal, if there was one */
  announce(addresses: readonly OwnedAddress[], count: number): SendResult {
    const links = new Map<string, { readonly destination: Uint8Array; readonly mac: Uint8Array } | undefined>();
    let failed: string | undefined;
    const frames = addresses.flatMap((owned) => {
      if (!links.has(owned.interface)) links.set(owned.interface, this.#findLink(owned.interface));
      const link = links.get(owned.interface);
      if (link === undefined) failed ??= 'ENODEV';
      return link === undefined ? [] : [{ destination: link.destination, frame: encodeAnnouncement(link.mac, owned) }];
    });
    for (let round = 0; round < count; round += 1) {
      for (const { destination, frame } of frames) {
        const sent = sendTo(this.#fd, frame, destination);
        if (sent < 0) failed ??= errnoName(sent);
      }
    }
    return failed === undefined ? { ok: true } : { ok: false, errno: failed };
  }

  close(): void {
    closeDescriptor(this.#fd);
    this.#route.close();
  }

  #findLink(name: string): { destination: Uint8Array; mac: Uint8Array } | undefined {
    const link = readLink(this.#route, name);
    return link?.mac === undefined ? undefined : { destination: encodeLinkAddress(link.index), mac: link.mac };
  }
}

// 5 frames for each of 1,000 addresses, 768 bytes of kernel memory each.
const SEND_BUFFER_BYTES = 4 * 1024 * 1024;

function encodeAnnouncement(mac: Uint8Array, { address }: OwnedAddress): Uint8Array {
  return addressFamily(address) === 6 ? encodeNeighbourAdvertisement(mac, address) : encodeGratuitousArp(mac, address);
}

// Tells the LAN who holds an address: gratuitous ARP and unsolicited neighbour advertisements on one packet socket for
// all interfaces. Frames carry the MAC of the interface that they leave by, or a virtual one. Does not ask whether the
// address is still ours: the engine does that before it announces.

import { addressFamily, isBatonError } from '@baton/base';
import {
  AF_PACKET, SOCK_RAW, SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, closeDescriptor, encodeLinkAddress, errnoName,
  openRouteSocket, openSocket, readLink, sendTo, setSocketOption, type NetlinkSocket,
} from '@baton/linux';

import { encodeGratuitousArp, encodeNeighbourAdvertisement, parseMac } from '../frames.js';
import type { AnnounceOptions, Announcer, OwnedAddress, SendResult } from '../index.js';
import { socketFailure } from './socket-failure.js';

/** An Announcer on the network namespace of this process; close it to give its sockets back.
 *  @throws {BatonError} ERR_NET_RAW_SOCKET_DENIED without CAP_NET_RAW, another code when the kernel has no socket to
 *    give; nothing stays open then */
export function openAnnouncer(): Announcer & { close(): void } {
  return new PacketAnnouncer();
}

class PacketAnnouncer implements Announcer {
  readonly #fd: number;
  readonly #route: NetlinkSocket;

  constructor() {
    this.#route = openRouteSocket();
    // Protocol 0: the socket only sends, the kernel queues nothing for it.
    this.#fd = openSocket(AF_PACKET, SOCK_RAW, 0);
    if (this.#fd < 0) {
      this.#route.close();
      throw socketFailure('a packet socket', this.#fd);
    }
    if (setSocketOption(this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES) < 0) {
      setSocketOption(this.#fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
    }
  }

  /** Every address is announced once before any is announced again. A frame that the kernel does not take does not stop
   *  the others.
   *  @returns the first refusal, if there was one */
  announce(addresses: readonly OwnedAddress[], count: number, options: AnnounceOptions = {}): SendResult {
    const virtualMac = options.sourceMac === undefined ? undefined : parseMac(options.sourceMac);
    const links = new Map<string, FoundLink>();
    let failed: string | undefined;
    const frames = addresses.flatMap((owned) => {
      const name = options.via ?? owned.interface;
      const link = links.get(name) ?? this.#findLink(name);
      links.set(name, link);
      if (!link.ok) {
        failed ??= link.errno;
        return [];
      }
      const frame = encodeAnnouncement(virtualMac ?? link.mac, owned, options.form);
      return [{ destination: link.destination, frame }];
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

  #findLink(name: string): FoundLink {
    try {
      const link = readLink(this.#route, name);
      if (link?.mac === undefined) return { ok: false, errno: 'ENODEV' };
      return { ok: true, destination: encodeLinkAddress(link.index), mac: link.mac };
    } catch (error) {
      if (!isBatonError(error) || typeof error.details['errno'] !== 'string') throw error;
      return { ok: false, errno: error.details['errno'] };
    }
  }
}

/** Where frames for an interface go, or why there is no such place. */
type FoundLink =
  | { readonly ok: true; readonly destination: Uint8Array; readonly mac: Uint8Array }
  | { readonly ok: false; readonly errno: string };

// 5 frames for each of 1,000 addresses, 768 bytes of kernel memory each.
const SEND_BUFFER_BYTES = 4 * 1024 * 1024;

function encodeAnnouncement(mac: Uint8Array, { address }: OwnedAddress, form: AnnounceOptions['form']): Uint8Array {
  return addressFamily(address) === 6
    ? encodeNeighbourAdvertisement(mac, address) : encodeGratuitousArp(mac, address, form);
}

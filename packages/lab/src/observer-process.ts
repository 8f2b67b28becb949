// The observer's process: reports every advertisement and ARP packet that reaches its interface, and asks "who has?"
// when told to. Runs inside a namespace. Arguments: INTERFACE MAC ADDRESS. Messages: observer.ts.

import { addressBytes, assert } from '@baton/base';
import {
  AF_PACKET, encodeLinkAddress, interfaceIndex, openSocket, receive, sendTo, SOCK_RAW, watchReadable,
} from '@baton/linux';

import type { ObserverRequest } from './observer.js';
import { encodeArpRequest, readSighting } from './sightings.js';
import { monotonicMs } from './waiting.js';

/** ETH_P_ALL <linux/if_ether.h> in network order. */
const EVERY_PROTOCOL = 0x0300;
const LONGEST_FRAME_BYTES = 2_048;

const [interfaceName = '', mac = '', address = ''] = process.argv.slice(2);
const fd = openSocket(AF_PACKET, SOCK_RAW, EVERY_PROTOCOL);
assert(fd >= 0, 'the lab may open packet sockets in its own namespaces');
const link = encodeLinkAddress(interfaceIndex(interfaceName));
const buffer = new Uint8Array(LONGEST_FRAME_BYTES);

watchReadable(fd, () => {
  const at = monotonicMs();
  for (let length = receive(fd, buffer); length >= 0; length = receive(fd, buffer)) {
    const sighting = readSighting(buffer.subarray(0, length), at);
    if (sighting !== undefined) process.send?.({ type: 'seen', sighting });
  }
});
process.on('message', (request: ObserverRequest) => {
  const sent = sendTo(fd, encodeArpRequest(mac, addressBytes(address), addressBytes(request.whoHas)), link);
  process.send?.({ type: 'asked', id: request.id, ok: sent > 0 });
});
process.on('disconnect', () => { process.exit(0); });
process.send?.({ type: 'ready' });

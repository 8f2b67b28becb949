// The vocabulary of unicast: `true`, or a map that names the peers of one router and how far away they may be.

import type { IpAddress } from '@baton/base';
import { ownableAddress } from './addresses.js';
import { list, optional, record, required, withDefault } from './collections.js';
import { truthOr } from './combinations.js';
import { integer, truth } from './plain-values.js';
import { refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** TTL of a packet that has crossed no router (RFC 9568 §5.1.1.3). */
const LINK_TTL = 255;

const distantPeer = record({
  address: required(ownableAddress, 'Address that the peer sends from'),
  min_ttl: optional(integer(1, LINK_TTL), 'Lowest TTL or hop limit accepted from it, that of the router when absent'),
});

/** What an entry of `unicast.peers` gives. */
export interface UnicastPeerEntry {
  readonly address: IpAddress;
  readonly minTtl: number | undefined;
}

/** An entry of `unicast.peers`: an address, or a map. */
const unicastPeer: ValueType<UnicastPeerEntry> = {
  allowed: `${ownableAddress.allowed}, or a map with address and min_ttl`,
  short: 'IP address or {address, min_ttl}',
  perNode: false,
  jsonSchema: { anyOf: [ownableAddress.jsonSchema, distantPeer.jsonSchema] },
  ...(distantPeer.keys === undefined ? {} : { keys: distantPeer.keys }),
  read(node, key, reading) {
    if (node.kind === 'list') return refuseType(node, key, reading, this.allowed);
    if (node.kind === 'map') {
      const given = distantPeer.read(node, key, reading);
      return given?.address === undefined ? null : { address: given.address.value, minTtl: given.min_ttl?.value };
    }
    const address = ownableAddress.read(node, key, reading);
    return address === null ? null : { address, minTtl: undefined };
  },
};

/** Whether advertisements go to each peer instead of to the group. */
export const unicast = truthOr(record({
  peers: optional(
    list(unicastPeer, { minItems: 1 }),
    'What advertisements are sent to, and accepted from: the addresses of `peers` when absent',
  ),
  min_ttl: withDefault(
    integer(1, LINK_TTL), LINK_TTL, 'Lowest TTL or hop limit accepted: 255 less the routers between the nodes',
  ),
  check_source: withDefault(truth, true, 'Discard advertisements of everybody else'),
}));

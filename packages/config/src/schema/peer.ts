// The other nodes: `lb-b: 10.0.0.12`, or a map with address and port.

import type { IpAddress } from '@baton/base';
import { record, required, withDefault } from './collections.js';
import { hostAddress } from './addresses.js';
import { integer } from './plain-values.js';
import { refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** Port of the control channel unless another is given. */
export const CONTROL_CHANNEL_PORT = 8512;

const peerMap = record({
  address: required(hostAddress, 'Address of the node'),
  port: withDefault(integer(1, 65_535), CONTROL_CHANNEL_PORT, 'TCP port of its control channel'),
});

/** What an entry of `peers` gives. */
export interface PeerEntry {
  readonly address: IpAddress;
  readonly port: number;
}

/** An entry of `peers`: an address, or a map. */
export const peer: ValueType<PeerEntry> = {
  allowed: `${hostAddress.allowed}, or a map with address and port`,
  short: 'IP address or {address, port}',
  perNode: false,
  jsonSchema: { anyOf: [hostAddress.jsonSchema, peerMap.jsonSchema] },
  ...(peerMap.keys === undefined ? {} : { keys: peerMap.keys }),
  read(node, key, reading) {
    if (node.kind === 'list') return refuseType(node, key, reading, this.allowed);
    if (node.kind === 'map') {
      const given = peerMap.read(node, key, reading);
      if (given?.address === undefined || given.port === undefined) return null;
      return { address: given.address.value, port: given.port.value };
    }
    const address = hostAddress.read(node, key, reading);
    return address === null ? null : { address, port: CONTROL_CHANNEL_PORT };
  },
};

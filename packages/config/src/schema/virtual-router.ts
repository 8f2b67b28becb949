// The vocabulary of one virtual router.

import { shorten } from '../findings.js';
import { list, record, required, section, withDefault } from './collections.js';
import { virtualAddress } from './addresses.js';
import { interfaceName } from './names.js';
import { duration } from './duration.js';
import { choice, integer, truth } from './plain-values.js';
import { refuse, refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** Most addresses of one router: their count is one byte of the advertisement (RFC 9568 §5.2.5). */
export const MAX_ADDRESSES = 255;

/** The protocol version: only 3 so far, and 2 is refused by saying so. */
const version: ValueType<3> = {
  allowed: '3', short: '3', perNode: true, jsonSchema: { const: 3 },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'number') return refuseType(node, key, reading, '3');
    if (node.value === 3) return 3;
    if (node.value !== 2) return refuse(node, key, reading, 'out-of-range', `must be 3, not ${shorten(node.text)}`);
    const message = 'version 2 is not supported by this version of Baton; use 3';
    return refuse(node, key, reading, 'not-supported-yet', message);
  },
};

const announce = record({
  count: withDefault(integer(0, 100), 5, 'Frames for each address when the router becomes master'),
  delay: withDefault(
    duration({ min: '100ms', max: '1h', zero: 'no second burst' }), '5s', 'Wait until the second burst',
  ),
  delayed_count: withDefault(integer(0, 100), 5, 'Frames for each address in the second burst'),
  refresh: withDefault(
    duration({ min: '1s', max: '1d', zero: 'never' }), '0s',
    'Period of one further frame for each address while master',
  ),
});

/** One entry of `virtual_routers`. */
export const virtualRouter = record({
  interface: required(interfaceName, 'Interface that the router speaks on; it may appear later than Baton'),
  vrid: required(integer(1, 255), 'Virtual router identifier, the same on every node, unique on the network segment'),
  version: withDefault(version, 3, 'VRRP version'),
  priority: withDefault(integer(1, 255), 100, 'The highest becomes master; 255 claims to own the addresses'),
  advert_interval: withDefault(
    duration({ min: '10ms', max: '40.95s', stepMs: 10 }), '1s', 'Time between advertisements, the same on every node',
  ),
  addresses: required(
    list(virtualAddress, { minItems: 1 }), 'Virtual addresses, advertised in this order, the same on every node',
  ),
  preempt: withDefault(truth, true, 'Take mastership back from a master of lower priority'),
  preempt_delay: withDefault(
    duration({ min: '0s', max: '1h' }), '0s',
    'How long a live master of lower priority is left alone, from its first advertisement on; the takeover follows '
    + 'when its master-down timer then runs out: up to the delay and the master-down interval',
  ),
  startup_delay: withDefault(
    duration({ min: '0s', max: '1h' }), '0s', 'How long the router stays silent and deaf after start',
  ),
  checksum: withDefault(
    choice(['auto', 'pseudo-header', 'rfc9568']), 'auto',
    'Checksum sent: auto and pseudo-header as keepalived and FRR demand, rfc9568 over the message; either is accepted',
  ),
  announce: section(announce, 'How often a new master tells the network about its addresses (gratuitous ARP)'),
}, {
  extra_addresses: [[]], routes: [[]], accept: [true], unicast: [false], source_address: [null], virtual_mac: [false],
  authentication: [null], lease: ['0s'], election: ['vrrp'], track: [[]], floating_ips: [[]],
});


// The vocabulary of one virtual router.

import { list, optional, record, required, section, withDefault } from './collections.js';
import { oneOrMore, orNull } from './combinations.js';
import { ownableAddress, virtualAddress } from './addresses.js';
import { authentication } from './authentication.js';
import { lease } from './lease.js';
import { interfaceName } from './names.js';
import { duration } from './duration.js';
import { choice, integer, numberChoice, truth } from './plain-values.js';
import { route } from './route.js';
import { rules } from './rules.js';
import { unicast } from './unicast.js';

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
  version: withDefault(
    numberChoice([2, 3]), 3,
    'VRRP version; 2 for neighbours that know nothing newer: IPv4 only, and an interval of whole seconds',
  ),
  priority: withDefault(integer(1, 255), 100, 'The highest becomes master; 255 claims to own the addresses'),
  advert_interval: withDefault(
    duration({ min: '10ms', max: '255s', stepMs: 10, note: 'version 3 10ms..40.95s, version 2 whole seconds' }), '1s',
    'Time between advertisements, the same on every node',
  ),
  addresses: required(
    list(virtualAddress, { minItems: 1 }),
    'Virtual addresses, advertised in this order, the same on every node. IPv4 and IPv6 together are two VRRP sessions '
    + 'and one decision. IPv6 lists begin with the link-local ones; without any, that of the virtual router is added '
    + '(fe80::200:5eff:fe00:2XX, XX being the VRID in hexadecimal)',
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
  unicast: withDefault(
    unicast, false,
    'Advertise to every peer instead of to the multicast group. Without unicast.peers the addresses of `peers` are '
    + 'used, and a node that stands there itself sends from its own',
  ),
  source_address: optional(
    orNull(oneOrMore(ownableAddress)),
    'What advertisements are sent from, one address for each family: the primary address of the interface when null',
  ),
  known_routers: withDefault(
    list(ownableAddress, { minItems: 0 }), [],
    'What the other nodes send from (this node may be among them): a master with another address raises the alarm '
    + '`unknown-master`. A family without an entry is not watched; with unicast the peers are known',
  ),
  checksum: withDefault(
    choice(['auto', 'pseudo-header', 'rfc9568', 'rfc9568-strict']), 'auto',
    'Checksum of version 3 over IPv4: auto and pseudo-header as keepalived and FRR demand, rfc9568 over the message; '
    + 'either is accepted, by rfc9568-strict only the latter',
  ),
  rules: section(rules, 'Where implementations and RFCs disagree, and this router has to choose'),
  authentication: optional(
    authentication, 'What advertisements must prove, the same on every node; nothing when null',
  ),
  virtual_mac: withDefault(
    truth, false,
    'Advertise from, and hold the addresses on, the virtual MAC 00:00:5e:00:01:XX (IPv6 02:XX), XX being the VRID in '
    + 'hexadecimal, so that a takeover changes no address in any neighbour',
  ),
  accept: withDefault(
    truth, true, 'Whether the master itself answers on its addresses, ping included; false only forwards and resolves',
  ),
  extra_addresses: withDefault(
    list(virtualAddress, { minItems: 0 }), [],
    'Addresses of either family that move with the router and are not advertised',
  ),
  routes: withDefault(list(route, { minItems: 0 }), [], 'Routes that are present only while master'),
  lease: withDefault(
    lease, 'auto',
    'How long the kernel keeps the addresses of a master whose Baton does not run any more, in whole seconds. auto: '
    + 'four advertisement intervals, rounded up, so that they go just after another node has taken over. 0s: for ever, '
    + 'until Baton is started again',
  ),
  announce: section(announce, 'How often a new master tells the network about its addresses (gratuitous ARP)'),
}, {
  election: ['vrrp'], track: [[]], floating_ips: [[]],
});


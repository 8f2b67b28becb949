// The vocabulary of one route that a router holds while it is master.

import { addressBytes, formatAddress, formatAddressPrefix, parseAddressPrefix, type AddressPrefix } from '@baton/base';
import { quote } from '../findings.js';
import { ownableAddress } from './addresses.js';
import { optional, record, required, withDefault } from './collections.js';
import { interfaceName } from './names.js';
import { describeNode, refuse, refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** Routing tables that have a name everywhere (rtnetlink(7): RT_TABLE_*). */
const TABLES: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };
const MAX_TABLE = 4_294_967_295;

/** A network, or `default`: of which family that is depends on the rest of the route. */
const destination: ValueType<AddressPrefix | 'default'> = {
  allowed: 'default, or a network such as 10.1.0.0/16', short: 'default or network/length', perNode: true,
  jsonSchema: { type: 'string' },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, this.allowed);
    if (node.value === 'default') return 'default';
    const prefix = parseAddressPrefix(node.value);
    if (prefix === undefined) {
      return refuse(node, key, reading, 'wrong-address', `must be ${this.allowed}, not ${quote(node.value)}`);
    }
    const network = networkOf(prefix);
    if (network.address !== prefix.address) {
      const message = `must be a network: the address has too many bits; write ${formatAddressPrefix(network)}`;
      return refuse(node, key, reading, 'wrong-address', message);
    }
    const [first = 0] = addressBytes(prefix.address);
    const isGroup = prefix.address.includes(':') ? first === 0xff : first >= 224;
    return isGroup ? refuse(node, key, reading, 'wrong-address', 'must not be a network of multicast groups') : prefix;
  },
};

const table: ValueType<number> = {
  allowed: `one of ${Object.keys(TABLES).join(', ')}, or an integer 1..${String(MAX_TABLE)}`,
  short: `${Object.keys(TABLES).join(', ')} or 1..${String(MAX_TABLE)}`, perNode: true,
  jsonSchema: { anyOf: [{ enum: Object.keys(TABLES) }, { type: 'integer', minimum: 1, maximum: MAX_TABLE }] },
  read(node, key, reading) {
    const given = node.kind === 'scalar' ? node.value : undefined;
    const named = typeof given === 'string' && Object.hasOwn(TABLES, given) ? TABLES[given] : undefined;
    if (named !== undefined) return named;
    if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= MAX_TABLE) return given;
    const code = typeof given === 'number' ? 'out-of-range' : 'unknown-word';
    return refuse(node, key, reading, code, `must be ${this.allowed}, not ${describeNode(node)}`);
  },
};

/** An entry of `routes`. */
export const route = record({
  to: required(destination, 'Where the route leads: a network, or default'),
  via: optional(ownableAddress, 'The next hop'),
  interface: optional(
    interfaceName, 'Interface that it leaves by; where `via` is link-local, that of the virtual router when absent',
  ),
  table: withDefault(table, 'main', 'Routing table'),
});

function networkOf({ address, prefixLength }: AddressPrefix): AddressPrefix {
  const bytes = addressBytes(address).map((byte, index) => {
    const bits = Math.min(Math.max(prefixLength - index * 8, 0), 8);
    return byte & (0xff << (8 - bits));
  });
  return { address: formatAddress(bytes), prefixLength };
}

// IP addresses as the file spells them: plain ones for peers, and virtual addresses as text or as a map with interface
// and label.

import { addressBytes, addressFamily, formatAddress, parseAddress, parseAddressPrefix } from '@baton/base';
import type { AddressPrefix, IpAddress } from '@baton/base';
import { quote } from '../findings.js';
import { optional, record, required } from './collections.js';
import { addressLabel, interfaceName } from './names.js';
import { placeOf, refuse, refuseType } from './value-type.js';
import type { Reading, ValueType } from './value-type.js';
import type { SourceNode } from '../source.js';

/** An address without prefix length, IPv4 or IPv6, as canonical text. */
export const hostAddress: ValueType<IpAddress> = {
  allowed: 'an IP address such as 10.0.0.12', short: 'IP address', perNode: true, jsonSchema: { type: 'string' },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, this.allowed);
    const bytes = parseAddress(node.value);
    if (bytes !== undefined) return formatAddress(bytes);
    return refuse(node, key, reading, 'wrong-address', `must be ${this.allowed}, not ${quote(node.value)}`);
  },
};

const VIRTUAL_ADDRESS = 'an IPv4 address with its prefix length such as 192.0.2.10/24';

/** An IPv4 address with prefix length; a missing length is /32 and doubtful. */
export const virtualAddressText: ValueType<AddressPrefix> = {
  allowed: VIRTUAL_ADDRESS, short: 'a.b.c.d/length', perNode: true, jsonSchema: { type: 'string' },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, this.allowed);
    const prefix = parseAddressPrefix(node.value);
    if (prefix === undefined) {
      return refuse(node, key, reading, 'wrong-address', `must be ${VIRTUAL_ADDRESS}, not ${quote(node.value)}`);
    }
    if (addressFamily(prefix.address) === 6) {
      const message = 'an IPv6 virtual address is not supported by this version of Baton';
      return refuse(node, key, reading, 'not-supported-yet', message);
    }
    if (!isUnicast(prefix.address)) {
      const message = `must be an address that a host can hold; ${prefix.address} is not`;
      return refuse(node, key, reading, 'wrong-address', message);
    }
    if (node.value.includes('/')) reportEndOfNetwork(prefix, node, key, reading);
    else reportMissingLength(prefix, node, key, reading);
    return prefix;
  },
};

/** A virtual address given as a map: where it goes if not on the interface of its router, and under which label. */
export const placedAddress = record({
  address: required(virtualAddressText, 'The virtual address with its prefix length'),
  interface: optional(interfaceName, 'Interface that carries the address, the one of the virtual router when absent'),
  label: optional(addressLabel, 'Label of the address, as `ip address` shows it'),
});

/** What an entry of `addresses` gives. */
export interface VirtualAddressEntry {
  readonly prefix: AddressPrefix;
  readonly interface: string | undefined;
  readonly label: string | undefined;
}

/** An entry of `addresses`: text, or a map. */
export const virtualAddress: ValueType<VirtualAddressEntry> = {
  allowed: `${VIRTUAL_ADDRESS}, or a map with address, interface and label`,
  short: 'a.b.c.d/length or {address, interface, label}',
  perNode: false,
  jsonSchema: { anyOf: [virtualAddressText.jsonSchema, placedAddress.jsonSchema] },
  ...(placedAddress.keys === undefined ? {} : { keys: placedAddress.keys }),
  read(node, key, reading) {
    if (node.kind === 'map') {
      const placed = placedAddress.read(node, key, reading);
      if (placed?.address === undefined) return null;
      return { prefix: placed.address.value, interface: placed.interface?.value, label: placed.label?.value };
    }
    if (node.kind === 'list') return refuseType(node, key, reading, this.allowed);
    const prefix = virtualAddressText.read(node, key, reading);
    return prefix === null ? null : { prefix, interface: undefined, label: undefined };
  },
};

function isUnicast(address: IpAddress): boolean {
  const first = addressBytes(address)[0] ?? 0;
  return first !== 0 && first !== 127 && first < 224;
}

function reportMissingLength({ address }: AddressPrefix, node: SourceNode, key: string, reading: Reading): void {
  const message = `has no prefix length and is taken as /32; write ${address}/32, or the length of its network`;
  reading.findings.warning('missing-prefix-length', placeOf(node.at, key), message);
}

/** The first and the last address of a network belong to no host (RFC 922 §7); a /31 or /32 has neither. */
function reportEndOfNetwork(prefix: AddressPrefix, node: SourceNode, key: string, reading: Reading): void {
  if (prefix.prefixLength > 30) return;
  const value = [...addressBytes(prefix.address)].reduce((sum, byte) => sum * 256 + byte, 0);
  const position = value % 2 ** (32 - prefix.prefixLength);
  const end = position === 0 ? 'network' : position === 2 ** (32 - prefix.prefixLength) - 1 ? 'broadcast' : undefined;
  if (end === undefined) return;
  const message = `is the ${end} address of its /${String(prefix.prefixLength)}: hosts will not talk to it`;
  reading.findings.warning('network-end-address', placeOf(node.at, key), message);
}

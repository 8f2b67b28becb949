// IP addresses as the file spells them: plain ones for hosts, and virtual addresses as text or as a map with interface
// and label.

import { addressBytes, formatAddress, parseAddress, parseAddressPrefix } from '@baton/base';
import type { AddressPrefix, IpAddress } from '@baton/base';
import { isLinkLocal } from '@baton/vrrp';
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

/** As hostAddress, and one that an interface can hold. */
export const ownableAddress: ValueType<IpAddress> = {
  ...hostAddress,
  read(node, key, reading) {
    const address = hostAddress.read(node, key, reading);
    return address === null || isOwnable(address) ? address : refuseUnownable(address, node, key, reading);
  },
};

const VIRTUAL_ADDRESS = 'an IP address with its prefix length such as 192.0.2.10/24';

/** An address with its prefix length; a missing length is that of a host, and doubtful. */
export const virtualAddressText: ValueType<AddressPrefix> = {
  allowed: VIRTUAL_ADDRESS, short: 'address/length', perNode: true, jsonSchema: { type: 'string' },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, this.allowed);
    const prefix = parseAddressPrefix(node.value);
    if (prefix === undefined) {
      return refuse(node, key, reading, 'wrong-address', `must be ${VIRTUAL_ADDRESS}, not ${quote(node.value)}`);
    }
    if (!isOwnable(prefix.address)) return refuseUnownable(prefix.address, node, key, reading);
    if (node.value.includes('/')) reportPrefix(prefix, node, key, reading);
    else reportMissingLength(prefix, node, key, reading);
    return prefix;
  },
};

/** A virtual address given as a map: where it goes if not on the interface of its router, and under which label. */
export const placedAddress = record({
  address: required(virtualAddressText, 'The virtual address with its prefix length'),
  interface: optional(interfaceName, 'Interface that carries the address, the one of the virtual router when absent'),
  label: optional(addressLabel, 'Label of an IPv4 address, as `ip address` shows it'),
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
  short: 'address/length or {address, interface, label}',
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

function isOwnable(address: IpAddress): boolean {
  const bytes = addressBytes(address);
  const [first = 0] = bytes;
  if (bytes.length === 4) return first !== 0 && first !== 127 && first < 224;
  const isMapped = address.startsWith('::ffff:');
  return first !== 0xff && address !== '::' && address !== '::1' && !isMapped;
}

function refuseUnownable(address: IpAddress, node: SourceNode, key: string, reading: Reading): null {
  return refuse(node, key, reading, 'wrong-address', `must be an address that a host can hold; ${address} is not`);
}

function reportMissingLength(
  { address, prefixLength }: AddressPrefix, node: SourceNode, key: string, reading: Reading,
): void {
  const taken = `has no prefix length and is taken as /${String(prefixLength)}`;
  const message = isLinkLocal(address)
    ? `${taken}; write ${address}/64`
    : `${taken}; write ${address}/${String(prefixLength)}, or the length of its network`;
  reading.findings.warning('missing-prefix-length', placeOf(node.at, key), message);
}

/** The first and the last address of an IPv4 network belong to no host (RFC 922 §7), the first of an IPv6 network to
 *  its routers (RFC 4291 §2.6.1); networks of one or two addresses have neither. Link-local ones are /64 (RFC 4291
 *  §2.5.6). */
function reportPrefix({ address, prefixLength }: AddressPrefix, node: SourceNode, key: string, reading: Reading): void {
  if (isLinkLocal(address) && prefixLength !== 64) {
    const message = `is link-local, and those have the prefix length 64; write ${address}/64`;
    reading.findings.warning('link-local-prefix', placeOf(node.at, key), message);
  }
  const bytes = addressBytes(address);
  const hostBits = BigInt(bytes.length * 8 - prefixLength);
  if (hostBits < 2n) return;
  const value = [...bytes].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const last = (1n << hostBits) - 1n;
  const host = value & last;
  const end = host === 0n ? (bytes.length === 4 ? 'network' : 'anycast')
    : host === last && bytes.length === 4 ? 'broadcast' : undefined;
  if (end === undefined) return;
  const message = `is the ${end} address of its /${String(prefixLength)}: hosts will not talk to it`;
  reading.findings.warning('network-end-address', placeOf(node.at, key), message);
}

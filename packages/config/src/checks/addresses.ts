// Decides whether the addresses of one virtual router go together: with its version, with its interface, and within
// one advertisement of each family.

import { addressFamily } from '@baton/base';
import { isLinkLocal, maxAddressCount, TRAILER_BYTES } from '@baton/vrrp';
import { advertisedAddresses, familiesOf, ofFamily, virtualLinkLocal } from '../address-families.js';
import { hasTrailer } from './authentication.js';
import type { DraftRouter } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings } from '../findings.js';
import type { VirtualAddressEntry } from '../schema/addresses.js';
import type { Located } from '../schema/value-type.js';

/** Reports what is wrong or doubtful about the advertised addresses of a router. */
export function validateAddresses(router: DraftRouter, findings: Findings): void {
  const entries = router.addresses?.value ?? [];
  for (const entry of entries) {
    validateLabel(entry, findings);
    validateVersion(entry, router, findings);
    validateLink(entry, router, findings);
  }
  if (router.version?.value === 3) reportDerivedLinkLocal(router, findings);
  reportTooMany(router, findings);
  for (const entry of router.extra_addresses?.value ?? []) validateLabel(entry, findings);
}

/** Labels are known to IPv4 only: the kernel has no place for one on an IPv6 address. */
function validateLabel(
  { value: { prefix, label }, at }: Located<VirtualAddressEntry>, findings: Findings,
): void {
  if (label === undefined || addressFamily(prefix.address) === 4) return;
  findings.error('label-on-ipv6', at, `${prefix.address} cannot have a label: only IPv4 addresses have one`);
}

function validateVersion(
  { value: { prefix: { address } }, at }: Located<VirtualAddressEntry>, { version }: DraftRouter, findings: Findings,
): void {
  if (version?.value !== 2 || addressFamily(address) === 4) return;
  const message = `${address} cannot be advertised by version 2, which knows IPv4 only`;
  findings.error('version-2-ipv6', at, `${message}; use version 3, or extra_addresses`);
}

/** A link-local address means something on its link only: that of the advertisements. */
function validateLink(
  { value, at }: Located<VirtualAddressEntry>, router: DraftRouter, findings: Findings,
): void {
  const { interface: carrier, prefix: { address } } = value;
  const link = router.interface?.value;
  if (!isLinkLocal(address) || carrier === undefined || link === undefined || carrier === link) return;
  const message = `${address} is link-local and is advertised on ${quote(link)}: it cannot be on ${quote(carrier)}`;
  findings.error('link-local-elsewhere', at, `${message}; such an address belongs under extra_addresses`);
}

function reportDerivedLinkLocal({ addresses, vrid }: DraftRouter, findings: Findings): void {
  if (addresses === undefined || vrid === undefined) return;
  const ipv6 = ofFamily(addresses.value.map(({ value }) => value.prefix), 6);
  if (ipv6.length === 0 || ipv6.some(({ address }) => isLinkLocal(address))) return;
  const derived = `${virtualLinkLocal(vrid.value)}/64`;
  const message = `holds no link-local address, and IPv6 advertisements begin with one: ${derived} is added, `
    + 'that of the virtual router; list it, or one of your choice, on every node';
  findings.warning('link-local-added', addresses.at, message);
}

/** An advertisement is one unfragmented packet (RFC 9568 §5.2.5: at most 255 addresses). */
function reportTooMany(router: DraftRouter, findings: Findings): void {
  const { addresses, vrid } = router;
  if (addresses === undefined) return;
  const prefixes = addresses.value.map(({ value }) => value.prefix);
  for (const family of familiesOf(prefixes)) {
    const count = advertisedAddresses(prefixes, family, vrid?.value ?? 1).length;
    const most = maxAddressCount(family, hasTrailer(router) ? TRAILER_BYTES : 0);
    if (count <= most) continue;
    const name = `IPv${String(family)} addresses`;
    const message = `must hold at most ${String(most)} ${name}, which fit into one advertisement, not ${String(count)}`;
    findings.error('too-many-addresses', addresses.at, `${message}; move some to extra_addresses or to another router`);
  }
}

// Decides whether a router can reach its peers and be heard by them: what it advertises from, to whom, and whom it
// knows. Knows the file only, not the addresses of the interface.

import { addressFamily } from '@baton/base';
import { isLinkLocal, OWNER_PRIORITY } from '@baton/vrrp';
import { familiesOf, ofFamily } from '../address-families.js';
import type { DraftRouter, NodeAddresses } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import { sourceAddress, unicastPeers, usesNodeAddresses } from '../unicast-peers.js';

/** Reports source addresses that no advertisement of this router could have. */
export function validateSources(router: DraftRouter, findings: Findings): void {
  const seen = new Set<4 | 6>();
  for (const { value: source, at } of router.source_address?.value ?? []) {
    const family = addressFamily(source);
    if (seen.has(family)) {
      findings.error('several-sources', at, `is the second ${nameOf(family)} address; advertisements have one source`);
    }
    seen.add(family);
    if (!speaks(router, family)) {
      findings.error('wrong-family', at, `the router has no ${nameOf(family)} address to advertise from ${source}`);
    } else if (family === 6 && router.unicast?.value === false && !isLinkLocal(source)) {
      // RFC 9568 §5.1.2.1.
      findings.error('not-link-local', at, `${source} is not link-local, and IPv6 advertisements are sent from such`);
    }
    const isVirtual = addressesOf(router).some(({ address }) => address === source);
    if (isVirtual && router.priority?.value !== OWNER_PRIORITY) {
      const message = `${source} is a virtual address of this router: a backup would have nothing to send from`;
      findings.error('virtual-source', at, message);
    }
  }
}

/** Reports unicast without anybody to send to, or with somebody who would not listen. */
export function validateDestinations(router: DraftRouter, nodes: NodeAddresses, findings: Findings): void {
  const { unicast } = router;
  if (unicast === undefined || unicast.value === false || isWrong(unicast.value)) return;
  if (usesNodeAddresses(router) && nodes.others.length === 0) {
    findings.error('no-unicast-peers', unicast.at, 'needs another node under peers, or unicast: {peers: [...]}');
    return;
  }
  for (const family of familiesOf(addressesOf(router))) {
    const peers = unicastPeers(router, nodes.others, family);
    if (peers.length === 0) {
      const message = `no peer has an ${nameOf(family)} address, and the router has one: it would be master everywhere`;
      findings.error('no-unicast-peers', unicast.at, `${message}; name all of them in unicast: {peers: [...]}`);
    } else if (usesNodeAddresses(router)) {
      reportUnreached(nodes, family, unicast.at, findings);
    }
    const source = sourceAddress(router, nodes.own?.address, family);
    const isRouted = peers.some(({ address }) => family === 6 && !isLinkLocal(address));
    if (isRouted && source === undefined) {
      const message = 'needs a source_address: by itself a router advertises from the link-local address of its '
        + 'interface, and these peers expect another one';
      findings.error('no-unicast-source', unicast.at, message);
    }
  }
  reportStrangePeers(router, findings);
  reportUncheckedSource(router, findings);
}

/** Reports addresses that no other router could send from. */
export function validateKnownRouters(router: DraftRouter, findings: Findings): void {
  for (const { value: address, at } of router.known_routers?.value ?? []) {
    const family = addressFamily(address);
    if (!speaks(router, family)) {
      findings.warning('no-effect', at, `has no effect: the router has no ${nameOf(family)} address`);
    } else if (family === 6 && router.unicast?.value === false && !isLinkLocal(address)) {
      const message = `${address} is not link-local, and IPv6 advertisements are sent from link-local addresses`;
      findings.warning('not-link-local', at, message);
    }
  }
}

/** Nodes that are left out because their address is of the other family. */
function reportUnreached({ others }: NodeAddresses, family: 4 | 6, at: Place, findings: Findings): void {
  for (const { node } of others.filter(({ address }) => addressFamily(address) !== family)) {
    const message = `${quote(node)} has no ${nameOf(family)} address under peers and hears no such advertisement`;
    findings.error('unreached-peer', at, `${message}; name all peers in unicast: {peers: [...]}`);
  }
}

function reportStrangePeers(router: DraftRouter, findings: Findings): void {
  const { unicast } = router;
  if (typeof unicast?.value !== 'object') return;
  const first = new Set<string>();
  for (const { value: { address }, at } of unicast.value.peers?.value ?? []) {
    if (first.has(address)) findings.error('duplicate-address', at, `${address} is already a peer of this router`);
    first.add(address);
    if (!speaks(router, addressFamily(address))) {
      const message = `has no effect: the router has no ${nameOf(addressFamily(address))} address`;
      findings.warning('no-effect', at, message);
    } else if (ofFamily(addressesOf(router), addressFamily(address)).some((own) => own.address === address)) {
      findings.error('virtual-peer', at, `${address} is a virtual address of this router, not that of a peer`);
    }
  }
}

function reportUncheckedSource({ unicast, authentication }: DraftRouter, findings: Findings): void {
  const proves = authentication?.value?.keys?.value !== undefined && authentication.value.mode?.value === 'enforce';
  if (proves || typeof unicast?.value !== 'object' || unicast.value.check_source?.value !== false) return;
  const message = 'whoever can reach this host can take the addresses; leave it out, or enforce '
    + 'authentication with keys';
  findings.warning('unchecked-source', unicast.value.check_source.at, message);
}

/** Whether something about the peers was wrong, and has been reported. */
function isWrong(unicast: NonNullable<DraftRouter['unicast']>['value']): boolean {
  return typeof unicast === 'object' && (unicast.peers === undefined || unicast.peers.value?.length === 0);
}

function addressesOf({ addresses }: DraftRouter): readonly { readonly address: string }[] {
  return (addresses?.value ?? []).map(({ value }) => value.prefix);
}

/** True also when the addresses are not known because they are wrong. */
function speaks(router: DraftRouter, family: 4 | 6): boolean {
  return router.addresses === undefined || ofFamily(addressesOf(router), family).length > 0;
}

function nameOf(family: 4 | 6): string {
  return `IPv${String(family)}`;
}

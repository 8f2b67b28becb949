// Prepares a play from configurations as operators write them: the routers are theirs to the letter; the interfaces,
// the LANs between them and what the files do not say of addresses are made up.

import { addressBytes, addressFamily, formatAddress, type AddressPrefix, type IpAddress } from '@baton/base';
import type { SyncGroupConfiguration } from '@baton/engine/messages';
import type { VirtualRouterParameters } from '@baton/vrrp';
import type { InterfaceSetup, NodeSetup, RouterSetup } from './stage.js';

/** What the configuration of one node says. */
export interface ConfiguredNode {
  readonly name: string;
  readonly routers: readonly RouterSetup[];
  readonly syncGroups: readonly SyncGroupConfiguration[];
  /** What it calls the other nodes, and where it finds them. */
  readonly peers: readonly { readonly node: string; readonly address: IpAddress }[];
}

/** Prepares every node. Interfaces of two nodes are on one LAN when a virtual router is on both. */
export function setUpConfigured(nodes: readonly ConfiguredNode[]): readonly NodeSetup[] {
  const plugs = plugIn(nodes);
  return nodes.map((node, index) => ({
    name: node.name,
    interfaces: interfacesOf(node).map((name, order): InterfaceSetup => ({
      name,
      lan: plugs.get(plugKey(node.name, name)) ?? 0,
      mac: `02:00:00:00:${hex(order)}:${hex(index + 1)}`,
      addresses: addressesOf(nodes, index, name),
    })),
    routers: node.routers,
    syncGroups: node.syncGroups,
    driftPpm: 0,
    latencyMs: 0,
  }));
}

/** Every interface that a node names, in the order in which it does. */
function interfacesOf({ routers }: ConfiguredNode): readonly string[] {
  return [...new Set(routers.flatMap(({ families, routes }) => [
    ...families.flatMap((parameters) => [parameters.interface, ...otherInterfaces(parameters)]),
    ...routes.flatMap((route) => route.interface ?? []),
  ]))];
}

function otherInterfaces({ addresses, extraAddresses = [] }: VirtualRouterParameters): readonly string[] {
  return [...addresses, ...extraAddresses].flatMap((address) => address.interface ?? []);
}

/** The number of the LAN of every interface. */
function plugIn(nodes: readonly ConfiguredNode[]): ReadonlyMap<string, number> {
  const lans: Set<string>[] = [];
  for (const node of nodes) {
    for (const name of interfacesOf(node)) {
      const routers = node.routers.filter(({ families }) => families[0].interface === name);
      const plugs = new Set([plugKey(node.name, name), ...routers.map((router) => `router ${router.name}`)]);
      const joined = lans.filter((lan) => [...plugs].some((plug) => lan.has(plug)));
      for (const lan of joined) lans.splice(lans.indexOf(lan), 1);
      lans.push(new Set([...plugs, ...joined.flatMap((lan) => [...lan])]));
    }
  }
  return new Map(lans.flatMap((lan, index) => [...lan].map((plug) => [plug, index + 1] as const)));
}

function plugKey(node: string, interfaceName: string): string {
  return `interface ${node} ${interfaceName}`;
}

/** The node's own addresses on an interface: what the files say, else a host of the virtual addresses' subnet. */
function addressesOf(nodes: readonly ConfiguredNode[], index: number, name: string): readonly AddressPrefix[] {
  const node = nodes[index];
  const sessions = (node?.routers ?? []).flatMap(({ families, sourceAddresses }) =>
    families.filter((parameters) => parameters.interface === name)
      .map((parameters) => ({ parameters, source: sourceAddresses[parameters.family] })));
  return ([4, 6] as const).flatMap((family) => {
    const own = sessions.filter(({ parameters }) => parameters.family === family);
    const [first] = own;
    if (first === undefined && family === 4) return [];
    const prefixLength = first?.parameters.addresses[0]?.prefixLength ?? 64;
    const virtual = own.flatMap(({ parameters }) => parameters.addresses.map(({ address }) => address));
    const said = [...own.flatMap(({ source }) => source ?? []), ...saidByOthers(nodes, node?.name ?? '', family)];
    const known = said.filter((address, at) => said.indexOf(address) === at && !virtual.includes(address));
    const needsMore = family === 6 ? !known.some((address) => address.startsWith('fe80:')) : known.length === 0;
    const made = needsMore ? [makeUp(virtual, index, family)] : [];
    return [...known, ...made].map((address) => ({ address, prefixLength }));
  });
}

/** Where the others find this node. */
function saidByOthers(nodes: readonly ConfiguredNode[], name: string, family: 4 | 6): readonly IpAddress[] {
  return nodes.flatMap(({ peers }) => peers)
    .filter((peer) => peer.node === name && addressFamily(peer.address) === family)
    .map(({ address }) => address);
}

/** The first host from 1 on, counted from the node's number, that is no virtual address. */
function makeUp(virtual: readonly IpAddress[], index: number, family: 4 | 6): IpAddress {
  if (family === 6) return `fe80::${String(index + 1)}`;
  const taken = new Set(virtual);
  const base = addressBytes(virtual[0] ?? '10.0.0.0');
  const free = Array.from({ length: 254 }, (_, host) => formatAddress(Uint8Array.of(...base.subarray(0, 3), host + 1)))
    .filter((address) => !taken.has(address));
  return free[index] ?? formatAddress(base);
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}

// One LAN in network namespaces: a switch (bridge) and hosts on it, each with an eth0, to be cut, unplugged and
// filtered. Decides names, addresses and kernel settings; knows nothing of VRRP. Must run inside in-lab, which makes
// /run private.

import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BatonError, type IpAddress } from '@baton/base';

import type { LabErrorCode } from './errors.js';
import { insideNamespace, run } from './processes.js';

/** A host of the LAN. */
export interface LabHost {
  readonly name: string;
  /** Its network namespace, for insideNamespace(). */
  readonly namespace: string;
  readonly interface: 'eth0';
  /** 10.9.0.N, /24. */
  readonly address: IpAddress;
  /** fd09::N, /64. */
  readonly addressIpv6: IpAddress;
  /** fe80::ff:fe00:N, which the kernel makes from the MAC (RFC 4291, modified EUI-64). */
  readonly linkLocal: IpAddress;
  /** 02:00:00:00:00:NN. */
  readonly mac: string;
  /** The end of its cable in the switch. */
  readonly port: string;
}

/** Where nodes keep their files: inside in-lab's private /run, so that they vanish with it. */
export const LAB_DIRECTORY = '/run/lab';
/** Prefix length of every address on the LAN. */
export const LAN_PREFIX_LENGTH = 24;
/** Number of the client: 10.9.0.10, 02:00:00:00:00:0a. */
const CLIENT_NUMBER = 10;
/** Number of the observer. */
const OBSERVER_NUMBER = 11;
/** Nodes are numbered from 1; the client's number and the VIPs at .100 and above stay free. */
const MAX_NODES = 9;

/** A switch with hosts. Several can live in one lab. */
export class Lan {
  readonly switchNamespace: string;
  readonly client: LabHost;
  /** A host that only listens: it sees what is sent to everybody. */
  readonly observer: LabHost;
  readonly #nodes: ReadonlyMap<string, LabHost>;

  private constructor(prefix: string, nodeNames: readonly string[]) {
    this.switchNamespace = `${prefix}-sw`;
    this.client = describeHost(prefix, 'client', CLIENT_NUMBER);
    this.observer = describeHost(prefix, 'observer', OBSERVER_NUMBER);
    this.#nodes = new Map(nodeNames.map((name, index) => [name, describeHost(prefix, name, index + 1)]));
  }

  /** Makes the LAN: the first node has 10.9.0.1, the next 10.9.0.2; the client has 10.9.0.10. At most 9 nodes.
   *  @throws {BatonError<LabErrorCode>} ERR_LAB_NOT_INSIDE outside of in-lab, ERR_LAB_COMMAND_FAILED when ip refuses */
  static async create(nodeNames: readonly string[]): Promise<Lan> {
    requireInside();
    if (nodeNames.length > MAX_NODES) throw new RangeError(`a LAN has at most ${String(MAX_NODES)} nodes`);
    // Never used twice, not even by test files that share a process: what one could not take down must not meet
    // another.
    const lan = new Lan(`lan${randomBytes(4).toString('hex')}`, nodeNames);
    await lan.#build();
    return lan;
  }

  get nodes(): readonly LabHost[] {
    return [...this.#nodes.values()];
  }

  /** The node of that name. */
  host(name: string): LabHost {
    const host = name === 'client' ? this.client : this.#nodes.get(name);
    if (host === undefined) throw new BatonError<LabErrorCode>('ERR_LAB_UNKNOWN_HOST', `no host ${name} on this LAN`);
    return host;
  }

  /** Pulls or plugs the cable at the switch: the host sees its carrier go or come. */
  async setCable(name: string, state: 'up' | 'down'): Promise<void> {
    await run(['ip', '-n', this.switchNamespace, 'link', 'set', this.host(name).port, state]);
  }

  /** Switches the interface inside the host on or off, as an administrator would. */
  async setInterface(name: string, state: 'up' | 'down'): Promise<void> {
    await run(['ip', '-n', this.host(name).namespace, 'link', 'set', 'eth0', state]);
  }

  /** Cuts the host off without its noticing: the carrier stays, nothing gets through. */
  async cut(name: string): Promise<void> {
    await run(['ip', '-n', this.switchNamespace, 'link', 'set', this.host(name).port, 'nomaster']);
  }

  /** Undoes cut(). */
  async heal(name: string): Promise<void> {
    await run(['ip', '-n', this.switchNamespace, 'link', 'set', this.host(name).port, 'master', 'br0']);
  }

  /** Drops what matches an nftables expression, such as `ip protocol 112`, on its way into or out of a host; replaces
   *  earlier rules. Frames of packet sockets (ARP) pass: they do not cross this hook. */
  async drop(name: string, direction: 'input' | 'output', match: string): Promise<void> {
    const { namespace } = this.host(name);
    const rules = `add table inet lab
delete table inet lab
table inet lab {
  chain drops {
    type filter hook ${direction} priority 0
    ${match} drop
  }
}
`;
    await run(insideNamespace(namespace, ['nft', '-f', '-']), rules);
  }

  /** Undoes drop(). */
  async stopDropping(name: string): Promise<void> {
    const rules = 'add table inet lab\ndelete table inet lab\n';
    await run(insideNamespace(this.host(name).namespace, ['nft', '-f', '-']), rules);
  }

  /** Adds and removes addresses by hand, as someone who is not Baton would. */
  async changeAddress(name: string, change: 'add' | 'del', prefix: string): Promise<void> {
    await run(['ip', '-n', this.host(name).namespace, 'address', change, prefix, 'dev', 'eth0']);
  }

  /** What the kernel of a host holds on eth0 now, as `address/length`, IPv4 only. */
  async addresses(name: string): Promise<readonly string[]> {
    const text = await run(['ip', '-n', this.host(name).namespace, '-4', '-o', 'address', 'show', 'dev', 'eth0']);
    return [...text.matchAll(/ inet (\S+)/g)].map((match) => match[1] ?? '');
  }

  /** Names of the nodes whose kernel holds an address on any interface, of either family, given without prefix
   *  length. */
  async holders(address: IpAddress): Promise<readonly string[]> {
    const holds = await Promise.all(this.nodes.map(async (node) =>
      (await run(['ip', '-n', node.namespace, '-o', 'address', 'show', 'to', address])) !== ''));
    return this.nodes.filter((_, index) => holds[index] === true).map((node) => node.name);
  }

  /** Removes the namespaces, the interfaces with them, and the files of the nodes. Processes inside must have ended. */
  async close(): Promise<void> {
    const namespaces = [...this.nodes, this.client, this.observer].map((host) => host.namespace);
    const commands = [...namespaces, this.switchNamespace].map((name) => `netns delete ${name}`);
    await run(['ip', '-batch', '-'], lines(commands));
    for (const namespace of namespaces) await rm(join(LAB_DIRECTORY, namespace), { recursive: true, force: true });
  }

  async #build(): Promise<void> {
    const hosts = [...this.nodes, this.client, this.observer];
    const sw = this.switchNamespace;
    const namespaces = [sw, ...hosts.map((host) => host.namespace)];
    await run(['ip', '-batch', '-'], lines(namespaces.map((name) => `netns add ${name}`)));
    await run(['ip', '-n', sw, '-batch', '-'], lines([
      'link set lo up',
      'link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0',
      'link set br0 up',
      ...hosts.flatMap((host) => [
        `link add ${host.port} type veth peer name eth0 address ${host.mac} netns ${host.namespace}`,
        `link set ${host.port} master br0 up`,
      ]),
    ]));
    await Promise.all(hosts.map((host) => configureHost(host)));
  }
}

function describeHost(prefix: string, name: string, number: number): LabHost {
  return {
    name, namespace: `${prefix}-${name}`, interface: 'eth0', port: `p-${name}`,
    address: `10.9.0.${String(number)}`, addressIpv6: `fd09::${String(number)}`,
    linkLocal: `fe80::ff:fe00:${number.toString(16)}`, mac: `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`,
  };
}

async function configureHost(host: LabHost): Promise<void> {
  // The kernel shows each process its own namespace's settings here.
  const write = (value: string, keys: readonly string[]): Promise<string> =>
    run(insideNamespace(host.namespace, ['tee', ...keys.map((key) => `/proc/sys/net/${key}`)]), value);
  await write('0', ['ipv4/conf/all/rp_filter', 'ipv4/conf/eth0/rp_filter', 'ipv6/conf/eth0/accept_dad']);
  // ip_nonlocal_bind lets the responder bind to a virtual IP before this host owns it.
  await write('1', ['ipv4/ip_forward', 'ipv4/ip_nonlocal_bind']);
  await run(['ip', '-n', host.namespace, '-batch', '-'], lines([
    'link set lo up',
    'link set eth0 up',
    `address add ${host.address}/${String(LAN_PREFIX_LENGTH)} dev eth0`,
    `address add ${host.addressIpv6}/64 dev eth0 nodad`,
  ]));
}

/** Refuses to work on the machine's own namespaces: in-lab leaves a mark in its private /run. */
function requireInside(): void {
  const inside = readdirSync('/run').includes('in-lab.pid');
  if (inside) return;
  throw new BatonError<LabErrorCode>('ERR_LAB_NOT_INSIDE', 'the lab makes interfaces only in namespaces of its own',
    { hint: 'start this command through packages/lab/bin/in-lab' });
}

function lines(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

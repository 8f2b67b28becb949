// One test's own LAN with everything that runs on it, taken down however the test ends; a test that fails shows what
// its daemons said.

import { jest } from '@jest/globals';
import {
  BatonNode,
  FrrNode,
  KeepalivedNode,
  Lan,
  run,
  waitFor,
  type BatonOptions,
  type FrrOptions,
  type KeepalivedOptions,
  type LabNode,
  type RouterOptions,
} from '@baton/lab';
import { Capture, type Kept } from './capture.js';
import { ClaimWatch } from './claims.js';
import { Injector } from './injector.js';

// Far above what any test takes: what a test waits for has deadlines of its own, and these say what did not come.
jest.setTimeout(120_000);

/** The virtual address of the tests. */
export const VIP = '10.9.0.100';
/** The same with its prefix length, as it is configured. */
export const VIP_PREFIX = `${VIP}/24`;
/** Longest time in which two kernels may hold the address, ms. The protocol has such a moment in every preemption: the
 *  winner advertises and installs it, the loser takes it off when it has read the advert. On an idle machine it is well
 *  under a millisecond; a second master who hears the first would last much longer than this. */
export const PREEMPTION_MS = 90;
/** Short enough not to wait long for, long enough for two shared cores, ms. */
export const FAST_MS = 100;

/** Runs a test on a LAN of its own, with nodes of these names, and takes everything down after it. */
export async function onLan(nodeNames: readonly string[], body: (bed: Bed) => Promise<void>): Promise<void> {
  const bed = new Bed(await Lan.create(nodeNames));
  try {
    await body(bed);
  } catch (error) {
    process.stderr.write(`\nA test failed; its daemons had said:\n${bed.logs()}\n`);
    throw error;
  } finally {
    await bed.close();
  }
}

/** A LAN and what was started on it. */
export class Bed {
  readonly lan: Lan;
  readonly #nodes: LabNode[] = [];
  readonly #stoppable: { stop(): Promise<void> }[] = [];

  constructor(lan: Lan) {
    this.lan = lan;
  }

  /** Baton on a node, not started: the virtual address of the tests, fast adverts and all other nodes as peers unless
   *  said otherwise. */
  baton(name: string, options: Partial<BatonOptions> & Pick<BatonOptions, 'priority'>): BatonNode {
    return this.#keep(new BatonNode(this.lan.host(name), { ...this.#defaults(name), ...options }));
  }

  /** keepalived on a node, not started. */
  keepalived(name: string, options: Partial<KeepalivedOptions> & Pick<KeepalivedOptions, 'priority'>): KeepalivedNode {
    return this.#keep(new KeepalivedNode(this.lan.host(name), { ...this.#defaults(name), ...options }));
  }

  /** FRR's vrrpd on a node, not started. */
  frr(name: string, options: Partial<FrrOptions> & Pick<FrrOptions, 'priority'>): FrrNode {
    return this.#keep(new FrrNode(this.lan.host(name), { ...this.#defaults(name), ...options }));
  }

  async capture(): Promise<Capture> {
    return this.stopAtEnd(await Capture.start(this.lan));
  }

  /** What one node sends: what says who holds an address, or everything. */
  async captureFrom(name: string, kept: Kept = 'claims'): Promise<Capture> {
    return this.stopAtEnd(await Capture.startAt(this.lan, this.lan.host(name), kept));
  }

  /** Everything in the cable of one node, or of the client. */
  async captureCable(name: string): Promise<Capture> {
    return this.stopAtEnd(await Capture.startInCable(this.lan, this.lan.host(name)));
  }

  async watchClaims(address = VIP): Promise<ClaimWatch> {
    return this.stopAtEnd(await ClaimWatch.start(this.lan, address));
  }

  /** An injector, on the client unless said otherwise. */
  async injector(name = 'client'): Promise<Injector> {
    return this.stopAtEnd(await Injector.start(this.lan.host(name)));
  }

  /** Gives a node another interface, with a cable that leads nowhere, and an address. */
  async addInterface(name: string, interfaceName: string, prefix: string): Promise<void> {
    const ip = ['ip', '-n', this.lan.host(name).namespace];
    await run([...ip, 'link', 'add', interfaceName, 'type', 'veth', 'peer', 'name', `${interfaceName}-far`]);
    await run([...ip, 'address', 'add', prefix, 'dev', interfaceName]);
    await run([...ip, 'link', 'set', interfaceName, 'up']);
    await run([...ip, 'link', 'set', `${interfaceName}-far`, 'up']);
  }

  /** Waits until exactly these kernels hold the virtual address. */
  async waitForHolders(names: readonly string[], deadlineMs: number): Promise<void> {
    await waitFor(
      `the address on ${names.join(' and ') || 'no node'}`,
      deadlineMs,
      async () => (await this.lan.holders(VIP)).join() === names.join(),
    );
  }

  /** What the kernel of a node holds on any of its interfaces, as `address/length`, IPv4 only. */
  async addressesOn(name: string, interfaceName: string): Promise<readonly string[]> {
    const text = await run([
      'ip',
      '-n',
      this.lan.host(name).namespace,
      '-4',
      '-o',
      'address',
      'show',
      'dev',
      interfaceName,
    ]);
    return [...text.matchAll(/ inet (\S+)/gu)].map((match) => match[1] ?? '');
  }

  /** Stops this as well when the test is over. */
  stopAtEnd<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing {
    this.#stoppable.push({
      stop: async () => {
        await thing.stop();
      },
    });
    return thing;
  }

  logs(): string {
    return this.#nodes.map((node) => `--- log of ${node.host.name} ---\n${node.log}`).join('\n');
  }

  /** Takes everything down, whatever else fails, and then tells what failed. */
  async close(): Promise<void> {
    const stopped = await Promise.allSettled([
      ...this.#nodes.map((node) => node.kill()),
      ...this.#stoppable.map((thing) => thing.stop()),
    ]);
    const closed = await Promise.allSettled([this.lan.close()]);
    const failures = [...stopped, ...closed].filter((result) => result.status === 'rejected');
    if (failures.length > 0) {
      const reasons = failures.map((failure): unknown => failure.reason);
      throw new AggregateError(reasons, 'a LAN could not be taken down');
    }
  }

  #defaults(name: string): Pick<RouterOptions, 'advertIntervalMs' | 'addresses' | 'peers'> {
    const peers = this.lan.nodes.filter((other) => other.name !== name);
    return { advertIntervalMs: FAST_MS, addresses: [VIP_PREFIX], peers };
  }

  #keep<Node extends LabNode>(node: Node): Node {
    this.#nodes.push(node);
    return node;
  }
}

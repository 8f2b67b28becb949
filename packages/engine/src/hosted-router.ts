// One operator's router in its place: a pure state machine for each family of its addresses, what is remembered about
// it, the state that both families are in together, and when there is news of it for the agent.

import type { Instant, IpAddress } from '@baton/base';
import { VIRTUAL_LINK_METRIC, type OwnedAddress, type VirtualLink } from '@baton/net';
import {
  heldAddresses,
  OWNER_PRIORITY,
  VirtualRouter,
  type DiscardReason,
  type Mac,
  type Remark,
  type StateChange,
  type StateName,
  type VirtualAddress,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import { aggregateFaults, aggregateState, decisiveChange } from './aggregate-state.js';
import { Credentials } from './credentials.js';
import { HeardRouters } from './heard-routers.js';
import { Leases } from './lease.js';
import { LossHistory } from './loss-history.js';
import type { Refusal, RouterConfiguration, TransitionSteps } from './messages.js';
import { Verdicts } from './verdicts.js';

/** A transition of a router as a whole, to be told to the agent. */
export interface RouterTransition {
  readonly change: StateChange;
  readonly steps: TransitionSteps;
  /** The family whose change it is. */
  readonly family: FamilyRouter;
}

/** What a router is configured with besides the parameters of its families, without its secrets. */
export type RouterExtras = Pick<RouterConfiguration, 'sourceAddresses' | 'virtualMac' | 'acceptMode' | 'routes'>;

/** One configured virtual router of this engine. */
export class HostedRouter {
  readonly name: string;
  /** Wall-clock milliseconds of the last transition, or of the creation. */
  sinceMs: number;
  /** Reason of the last transition. */
  reason = 'created';
  /** When the agent was last told of an overruled advertisement. */
  lowerPriorityToldAt: Instant = -Infinity;
  readonly #mac: Mac;
  #families: readonly [FamilyRouter, ...FamilyRouter[]];
  /** A family that a reload has added to a master, until it is master, too: it does not take the state away. */
  #joining: FamilyRouter | undefined;
  #settings: RouterExtras;
  #credentials: Credentials | undefined;
  #epoch: number;
  /** The state that the agent was told last. */
  #told: StateName = 'initialize';
  /** What the families did since the last look at it, and how long it took. */
  #changes: { readonly change: StateChange; readonly family: FamilyRouter }[] = [];
  #steps: TransitionSteps = {};

  constructor(configuration: RouterConfiguration, { mac, nowMs }: { readonly mac: Mac; readonly nowMs: number }) {
    this.name = configuration.name;
    const [first, ...others] = configuration.families;
    const host = (parameters: VirtualRouterParameters): FamilyRouter =>
      new FamilyRouter(this, parameters, configuration);
    this.#families = [host(first), ...others.map(host)];
    this.sinceMs = nowMs;
    this.#mac = mac;
    this.#settings = withoutSecrets(configuration);
    this.#credentials = Credentials.of(configuration, mac, undefined);
    this.#epoch = configuration.epochFloor;
  }

  /** IPv4 first; at least one. */
  get families(): readonly [FamilyRouter, ...FamilyRouter[]] {
    return this.#families;
  }

  get settings(): RouterExtras {
    return this.#settings;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  /** The number of the present or last mastership that the agent was told of. */
  get epoch(): number {
    return this.#epoch;
  }

  get state(): StateName {
    const settled = this.families.filter((family) => family !== this.#joining);
    return aggregateState(settled.map(({ router }) => router.state.kind));
  }

  /** Takes over what is not for the families. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#settings = withoutSecrets(configuration);
    this.#credentials = Credentials.of(configuration, this.#mac, this.#credentials);
  }

  /** A reload has given it addresses of the other family, too. */
  addFamily(parameters: VirtualRouterParameters): FamilyRouter {
    const added = new FamilyRouter(this, parameters, { epochFloor: this.#epoch });
    const [first] = this.#families;
    if (this.#told === 'master') this.#joining = added;
    this.#families = added.family < first.family ? [added, first] : [first, added];
    return added;
  }

  /** A reload has taken its addresses of this family away. There are others. */
  removeFamily(family: FamilyRouter): void {
    const [first, ...others] = this.#families.filter((each) => each !== family);
    if (first !== undefined) this.#families = [first, ...others];
    if (this.#joining === family) this.#joining = undefined;
  }

  /** One of its families changed its state. */
  noteChange(change: StateChange, family: FamilyRouter): void {
    this.#changes.push({ change, family });
  }

  /** One of its families has taken these steps. */
  noteSteps(steps: TransitionSteps): void {
    this.#steps = latest(this.#steps, steps);
  }

  /** What became of the router as a whole since the last call, when all its families have acted; undefined when it is
   *  in the state that was told last. */
  takeTransition(nowMs: number): RouterTransition | undefined {
    const to = this.#settle();
    const found = decisiveChange(this.#changes, to);
    const steps = this.#steps;
    this.#changes = [];
    this.#steps = {};
    if (found === undefined || to === this.#told) return undefined;
    const { change: decisive, family } = found;
    if (to === 'master') this.#epoch = this.#nextEpoch();
    const faults = aggregateFaults(this.families.map(({ router }) => router.state));
    const change: StateChange = { ...decisive, from: this.#told, to, epoch: this.#epoch, faults };
    this.#told = to;
    this.sinceMs = nowMs;
    this.reason = change.reason;
    return { change, steps, family };
  }

  /** A family that joins is part of the decision as soon as it is master, or nobody is. */
  #settle(): StateName {
    if (this.state !== 'master' || this.#joining?.router.state.kind === 'master') this.#joining = undefined;
    return this.state;
  }

  /** Higher than any before, also than those of a family that is not there any more. */
  #nextEpoch(): number {
    return Math.max(this.#epoch + 1, ...this.families.map(({ router }) => router.epoch));
  }
}

/** The VRRP session of one router in one family. */
export class FamilyRouter {
  readonly hosted: HostedRouter;
  readonly router: VirtualRouter;
  readonly heard = new HeardRouters();
  readonly losses = new LossHistory();
  readonly leases = new Leases();
  readonly discarded = new Verdicts<DiscardReason>();
  readonly remarked = new Verdicts<Remark>();
  /** Addresses that were there before us and are the host's own: claimed by an address owner, never taken off. */
  readonly preexisting = new Set<IpAddress>();

  /** What carries its addresses when it has a virtual MAC: known from when its interface was first there. */
  virtualLink: VirtualLink | undefined;
  /** The kernel has made it as it should be. */
  hasVirtualLink = false;
  /** What the kernel refused last, and how long the process last slept for too long: to be told with the transition
   *  that follows. */
  refusal: Refusal | undefined;
  stalledMs: number | undefined;

  constructor(
    hosted: HostedRouter,
    parameters: RouterConfiguration['families'][0],
    options: { readonly epochFloor: number },
  ) {
    this.hosted = hosted;
    this.router = new VirtualRouter(parameters, options);
  }

  get name(): string {
    return this.router.parameters.name;
  }

  /** Its name in its group: `web`, or `web IPv6` for the second family. */
  get key(): string {
    return this.family === 4 ? this.name : `${this.name} IPv6`;
  }

  get family(): 4 | 6 {
    return this.router.parameters.family;
  }

  /** Priority 255: the virtual addresses are the host's own (RFC 9568 §5.2.4). */
  ownsAddresses(): boolean {
    return this.router.parameters.priority === OWNER_PRIORITY;
  }

  /** Whole seconds until the kernel takes off what is not renewed; undefined: never. What is the host's own outlives
   *  this process. */
  get leaseSeconds(): number | undefined {
    return this.ownsAddresses() ? undefined : this.router.parameters.leaseSeconds;
  }

  /** Everything that it holds as master, advertised or not, without the prefix lengths. */
  virtualAddresses(): readonly IpAddress[] {
    return heldAddresses(this.router.parameters).map((entry) => entry.address);
  }

  /** A virtual address with the interface that carries it. */
  placed(address: VirtualAddress): OwnedAddress {
    const { address: ip, prefixLength, label } = address;
    const owned = { address: ip, prefixLength, ...(label === undefined ? {} : { label }) };
    if (this.isOnVirtualLink(address)) {
      return { ...owned, interface: this.virtualLink.name, metric: VIRTUAL_LINK_METRIC };
    }
    return { ...owned, interface: address.interface ?? this.router.parameters.interface };
  }

  /** A virtual address as it is claimed and renewed: in its place, for the time of its lease. */
  leased(address: VirtualAddress): OwnedAddress {
    const { leaseSeconds } = this;
    return { ...this.placed(address), ...(leaseSeconds === undefined ? {} : { lifetimeSeconds: leaseSeconds }) };
  }

  /** Whether a virtual address is where the virtual MAC is; one that was given an interface of its own stays there. */
  isOnVirtualLink(address: VirtualAddress): this is { readonly virtualLink: VirtualLink } {
    return this.virtualLink !== undefined && address.interface === undefined;
  }
}

function withoutSecrets({ sourceAddresses, virtualMac, acceptMode, routes }: RouterConfiguration): RouterExtras {
  return { sourceAddresses, virtualMac, acceptMode, routes };
}

/** A step is taken when the last family has taken it. */
function latest(a: TransitionSteps, b: TransitionSteps): TransitionSteps {
  const merged: { -readonly [Step in keyof TransitionSteps]: number } = { ...a };
  for (const step of ['advertisementMs', 'addressesMs', 'announcedMs'] as const) {
    const ms = Math.max(a[step] ?? -Infinity, b[step] ?? -Infinity);
    if (ms >= 0) merged[step] = ms;
  }
  return merged;
}

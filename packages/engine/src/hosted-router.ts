// One operator's router in its place: a pure state machine for each family of its addresses, what is remembered about
// it, the state that both families are in together, and when there is news of it for the agent.

import type { Instant, IpAddress } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import {
  heldAddresses,
  OWNER_PRIORITY,
  VirtualRouter,
  type Mac,
  type StateChange,
  type StateName,
  type VirtualAddress,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import { aggregateFaults, aggregateState, decisiveChange } from './aggregate-state.js';
import { Credentials } from './credentials.js';
import { HeardRouters } from './heard-routers.js';
import { LossHistory } from './loss-history.js';
import type { RouterConfiguration, TransitionSteps } from './messages.js';

/** A transition of a router as a whole, to be told to the agent. */
export interface RouterTransition {
  readonly change: StateChange;
  readonly steps: TransitionSteps;
}

/** What a router is configured with besides the parameters of its families, without its secrets. */
export type RouterExtras = Pick<RouterConfiguration, 'sourceAddresses' | 'virtualMac' | 'acceptMode' | 'routes'>;

/** One configured virtual router of this engine. */
export class HostedRouter {
  readonly name: string;
  /** IPv4 first; at least one. */
  readonly families: readonly [FamilyRouter, ...FamilyRouter[]];
  /** Wall-clock milliseconds of the last transition, or of the creation. */
  sinceMs: number;
  /** Reason of the last transition. */
  reason = 'created';
  /** When the agent was last told of an overruled advertisement. */
  lowerPriorityToldAt: Instant = -Infinity;
  readonly #mac: Mac;
  #settings: RouterExtras;
  #credentials: Credentials | undefined;
  #epoch: number;
  /** The state that the agent was told last. */
  #told: StateName = 'initialize';
  /** What the families did since the last look at it, and how long it took. */
  #changes: StateChange[] = [];
  #steps: TransitionSteps = {};

  constructor(configuration: RouterConfiguration, { mac, nowMs }: { readonly mac: Mac; readonly nowMs: number }) {
    this.name = configuration.name;
    const [first, ...others] = configuration.families;
    const host = (parameters: VirtualRouterParameters): FamilyRouter =>
      new FamilyRouter(this, parameters, configuration);
    this.families = [host(first), ...others.map(host)];
    this.sinceMs = nowMs;
    this.#mac = mac;
    this.#settings = withoutSecrets(configuration);
    this.#credentials = Credentials.of(configuration, mac, undefined);
    this.#epoch = configuration.epochFloor;
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
    return aggregateState(this.families.map(({ router }) => router.state.kind));
  }

  /** Takes over what is not for the families. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#settings = withoutSecrets(configuration);
    this.#credentials = Credentials.of(configuration, this.#mac, this.#credentials);
  }

  /** One of its families changed its state. */
  note(change: StateChange, steps: TransitionSteps): void {
    this.#changes.push(change);
    this.#steps = latest(this.#steps, steps);
  }

  /** What became of the router as a whole since the last call, when all its families have acted; undefined when it is
   *  in the state that was told last. */
  takeTransition(nowMs: number): RouterTransition | undefined {
    const to = this.state;
    const decisive = decisiveChange(this.#changes, to);
    const steps = this.#steps;
    this.#changes = [];
    this.#steps = {};
    if (decisive === undefined || to === this.#told) return undefined;
    if (to === 'master') this.#epoch = this.#nextEpoch(decisive);
    const faults = aggregateFaults(this.families.map(({ router }) => router.state));
    const change: StateChange = { ...decisive, from: this.#told, to, epoch: this.#epoch, faults };
    this.#told = to;
    this.sinceMs = nowMs;
    this.reason = change.reason;
    return { change, steps };
  }

  /** The family's own number; of two, one that is higher than any before. */
  #nextEpoch(decisive: StateChange): number {
    if (this.families.length === 1) return decisive.epoch;
    return Math.max(this.#epoch + 1, ...this.families.map(({ router }) => router.epoch));
  }
}

/** The VRRP session of one router in one family. */
export class FamilyRouter {
  readonly hosted: HostedRouter;
  readonly router: VirtualRouter;
  readonly heard = new HeardRouters();
  readonly losses = new LossHistory();
  /** Addresses that were there before us and are the host's own: claimed by an address owner, never taken off. */
  readonly preexisting = new Set<IpAddress>();

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

  get family(): 4 | 6 {
    return this.router.parameters.family;
  }

  /** Priority 255: the virtual addresses are the host's own (RFC 9568 §5.2.4). */
  ownsAddresses(): boolean {
    return this.router.parameters.priority === OWNER_PRIORITY;
  }

  /** Everything that it holds as master, advertised or not, without the prefix lengths. */
  virtualAddresses(): readonly IpAddress[] {
    return heldAddresses(this.router.parameters).map((entry) => entry.address);
  }

  /** A virtual address with the interface that carries it. */
  placed(address: VirtualAddress): OwnedAddress {
    const { address: ip, prefixLength, label } = address;
    const place = address.interface ?? this.router.parameters.interface;
    return label === undefined
      ? { address: ip, prefixLength, interface: place }
      : { address: ip, prefixLength, interface: place, label };
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

// What a node of a scenario is given: its interfaces with their addresses, and the configuration of its engine. The
// only place where the words of scenarios meet those of the engine.

import { addressFamily, type AddressPrefix, type IpAddress } from '@baton/base';
import type { RouterAuthentication, RouterConfiguration, SyncGroupConfiguration } from '@baton/engine/messages';
import {
  DEFAULT_RULES, OWNER_PRIORITY, shortestLeaseSeconds, type UnicastParameters, type VirtualRouterParameters,
} from '@baton/vrrp';
import {
  DEFAULT_NODE, memberSettings, type Action, type NodePlan, type RouterChanges, type RouterPlan, type Scenario,
  type Step,
} from './scenario.js';

/** An interface of a node. */
export interface InterfaceSetup {
  readonly name: string;
  /** Number of the LAN that it is plugged into, from 1. */
  readonly lan: number;
  readonly mac: string;
  /** Its own addresses, the primary one of each family first. */
  readonly addresses: readonly AddressPrefix[];
}

/** Everything a node is given. */
export interface NodeSetup {
  readonly name: string;
  readonly interfaces: readonly InterfaceSetup[];
  readonly routers: readonly RouterSetup[];
  readonly syncGroups: readonly SyncGroupConfiguration[];
  readonly driftPpm: number;
  /** Longest time between an event and the moment the process sees it, ms. */
  readonly latencyMs: number;
}

/** A play that is ready to begin. */
export interface Stage {
  readonly seed: number;
  readonly nodes: readonly NodeSetup[];
  readonly steps: readonly Step[];
  readonly endMs: number;
  /** What a node is given after a reload; remembers every change. */
  readonly change: (action: Extract<Action, { kind: 'change' }>) => NodeSetup;
}

/** A router as the engine runs it, but for what an earlier life left. */
export type RouterSetup = Omit<RouterConfiguration, 'epochFloor'>;

/** Prefix lengths of every LAN. */
const PREFIX_LENGTHS = { 4: 24, 6: 64 } as const;
const PASSWORD = 'baton-7';
const HMAC_SECRET = '5a'.repeat(32);
/** Longer than any backup is patient in a scenario, ms. */
const TIME_WINDOW_MS = 60_000;

/** Name of the interface on a LAN. */
export function interfaceName(lan: number): string {
  return `eth${String(lan - 1)}`;
}

/** The first address of a node on a LAN: .1 for the first node, and so on; from .9 downwards where the order is
 *  reversed. */
export function primaryAddress({ reversedLans }: Scenario, index: number, lan: number, family: 4 | 6): IpAddress {
  const host = String(reversedLans.includes(lan) ? 9 - index : index + 1);
  return family === 4 ? `10.9.${String(lan - 1)}.${host}` : `fe80::${host}`;
}

/** Prepares a scenario. */
export function stageOf(scenario: Scenario): Stage {
  const plans = [...scenario.nodes];
  return {
    seed: scenario.seed,
    nodes: plans.map((plan, index) => setUpNode(scenario, index, plan)),
    steps: scenario.steps,
    endMs: scenario.endMs,
    change: ({ node, router, changes }) => {
      const index = plans.findIndex(({ name }) => name === node);
      const plan = changePlan(plans[index] ?? { ...DEFAULT_NODE, name: node, members: [] }, changes, router);
      plans[index] = plan;
      return setUpNode(scenario, index, plan);
    },
  };
}

function changePlan(plan: NodePlan, changes: RouterChanges, router: string | undefined): NodePlan {
  if (router === undefined) return { ...plan, ...changes };
  const own = plan.members.find((member) => member.router === router);
  return { ...plan, members: [...plan.members.filter((member) => member !== own), { router, ...own, ...changes }] };
}

/** @param plan of the node with this index, as it is now */
function setUpNode(scenario: Scenario, index: number, plan: NodePlan): NodeSetup {
  const lans = [...new Set(scenario.routers.map(({ lan }) => lan))].sort((a, b) => a - b);
  return {
    name: plan.name,
    interfaces: lans.map((lan) => ({
      name: interfaceName(lan), lan, mac: `02:00:00:00:0${String(lan - 1)}:0${String(index + 1)}`,
      addresses: ([4, 6] as const).map((family) => ({
        address: primaryAddress(scenario, index, lan, family), prefixLength: PREFIX_LENGTHS[family],
      })),
    })),
    routers: scenario.routers.map((router) => setUpRouter(scenario, index, plan, router)),
    syncGroups: scenario.groups,
    driftPpm: plan.driftPpm,
    latencyMs: plan.latencyMs,
  };
}

/** The families that a router has addresses of, IPv4 first. */
export function familiesOf({ virtualAddresses }: RouterPlan): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((family) => virtualAddresses.some((address) => addressFamily(address) === family));
}

function setUpRouter(scenario: Scenario, index: number, plan: NodePlan, router: RouterPlan): RouterSetup {
  const [first = 4, ...others] = familiesOf(router);
  const parameters = (family: 4 | 6): VirtualRouterParameters => setUpFamily(scenario, index, { plan, router, family });
  const authentication = authenticationOf(router);
  return {
    name: router.name,
    families: [parameters(first), ...others.map(parameters)],
    sourceAddresses: {},
    virtualMac: false,
    acceptMode: true,
    routes: [],
    ...(authentication === undefined ? {} : { authentication }),
  };
}

function setUpFamily(
  scenario: Scenario, index: number,
  { plan, router, family }: { readonly plan: NodePlan; readonly router: RouterPlan; readonly family: 4 | 6 },
): VirtualRouterParameters {
  const { priority, intervalMs, preempt, preemptDelayMs, startupDelayMs } = memberSettings(plan, router.name);
  const addresses = router.virtualAddresses.filter((address) => addressFamily(address) === family);
  const peers = scenario.nodes.map((_, peer) => primaryAddress(scenario, peer, router.lan, family))
    .filter((_, peer) => peer !== index);
  const unicast: UnicastParameters = {
    peers: peers.map((address) => ({ address, minTtl: 255 })), checkSource: true,
  };
  return {
    name: router.name,
    interface: interfaceName(router.lan),
    vrid: router.vrid,
    version: router.version === 2 ? 2 : 3,
    family,
    priority,
    advertIntervalMs: intervalMs,
    addresses: addresses.map((address) => ({ address, prefixLength: PREFIX_LENGTHS[family] })),
    preemptMode: preempt,
    preemptDelayMs,
    startupDelayMs,
    checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
    ...(priority === OWNER_PRIORITY ? {} : { leaseSeconds: shortestLeaseSeconds(intervalMs) }),
    rules: DEFAULT_RULES,
    ...(router.unicast ? { unicast } : {}),
  };
}

function authenticationOf({ authentication }: RouterPlan): RouterAuthentication | undefined {
  switch (authentication) {
    case 'none': return undefined;
    case 'password': return { kind: 'simple-password', password: PASSWORD };
    case 'hmac': return {
      kind: 'hmac', mode: 'enforce', activeKeyId: 1, keys: [{ id: 1, secret: HMAC_SECRET }], antiReplay: 'time',
      timeWindowMs: TIME_WINDOW_MS,
    };
  }
}

// What engine and agent say to each other over their parent-child channel. The engine owns these types: the agent
// imports only this file.

import type { IpAddress } from '@baton/base';
import type { OwnedRoute, VirtualLink } from '@baton/net';
import type {
  AntiReplay,
  AuthenticationMode,
  FaultReason,
  HandoverRefusal,
  StateChange,
  StateName,
  StatisticName,
  VirtualRouterParameters,
} from '@baton/vrrp';

/** Everything the agent may tell the engine. Order is kept. */
export type AgentMessage =
  /** The whole desired configuration; applied as one transaction and answered by `configured`. The first one also
   *  takes the runtime lock. */
  | {
      readonly type: 'configure';
      /** Grows with every accepted configuration. */
      readonly generation: number;
      /** Directory whose lock makes this daemon the only one on it; made when missing. */
      readonly runtimeDirectory: string;
      readonly routers: readonly RouterConfiguration[];
      readonly syncGroups: readonly SyncGroupConfiguration[];
      /** Start the packet observer (cap) in a process of its own. */
      readonly observe: boolean;
    }
  /** Ask for a `snapshot` with the same id. */
  | { readonly type: 'snapshot-request'; readonly id: number }
  /** What the trackers of a router say together. */
  | { readonly type: 'health'; readonly router: string; readonly adjustment: number; readonly failed: boolean }
  /** The router has to let go of its mastership, or need not any more; an address owner is never held. */
  | { readonly type: 'hold'; readonly router: string; readonly hold: boolean }
  /** The router becomes master at once; answered by `take-over-answered`. */
  | { readonly type: 'take-over'; readonly router: string }
  /** Every router of this node is in fault (reason `maintenance`), also those that come, until it is over. */
  | { readonly type: 'maintenance'; readonly on: boolean }
  /** The configuration cannot be used at start: the engine ends with this exit code after the agent has said why. */
  | { readonly type: 'refuse-start'; readonly exitCode: number }
  /** Answers `leaving`: who could take over has done so. */
  | { readonly type: 'leave' }
  /** Answered by the same: an engine that answers is not frozen. */
  | { readonly type: 'heartbeat' }
  /** The agent has delivered its last hook: the engine may end. */
  | { readonly type: 'stopped' };

/** One router as the engine runs it. */
export interface RouterConfiguration {
  readonly name: string;
  /** One per address family, IPv4 first: two VRRP sessions, one decision. Name, interface, VRID and priority are the
   *  same in both. */
  readonly families: readonly [VirtualRouterParameters, ...VirtualRouterParameters[]];
  /** The epoch of the last mastership known from an earlier life; the next one is higher. */
  readonly epochFloor: number;
  /** What advertisements are sent from, by family; absent: the primary address of the interface. */
  readonly sourceAddresses: { readonly 4?: IpAddress; readonly 6?: IpAddress };
  readonly authentication?: RouterAuthentication;
  /** Advertise from the virtual MAC, and hold the addresses on a macvlan that has it (RFC 9568 §7.3). */
  readonly virtualMac: boolean;
  /** Accept_Mode (RFC 9568 §6.1): whether this host answers on the virtual addresses. */
  readonly acceptMode: boolean;
  /** Present only while master. */
  readonly routes: readonly OwnedRoute[];
}

/** What advertisements must prove, with the secrets that the core must not know. */
export type RouterAuthentication =
  /** Version 2: at most 8 bytes, sent in clear. */
  | { readonly kind: 'simple-password'; readonly password: string }
  | {
      readonly kind: 'hmac';
      readonly mode: AuthenticationMode;
      readonly activeKeyId: number;
      /** Hexadecimal, 32–64 bytes each. */
      readonly keys: readonly { readonly id: number; readonly secret: string }[];
      readonly antiReplay: AntiReplay;
      readonly timeWindowMs: number;
    };

/** Routers that move together. A router is in one group at most. */
export interface SyncGroupConfiguration {
  readonly name: string;
  readonly routers: readonly string[];
}

/** Everything the engine may tell the agent. */
export type EngineMessage =
  | { readonly type: 'configured'; readonly generation: number; readonly driver: string; readonly scheduling: string }
  /** The configuration was not applied; nothing changed. At start the engine ends afterwards with `exitCode`. */
  | {
      readonly type: 'refused';
      readonly generation: number;
      readonly code: string;
      readonly message: string;
      readonly exitCode: number;
    }
  | {
      readonly type: 'state-changed';
      readonly router: string;
      readonly change: StateChange;
      readonly steps: TransitionSteps;
      readonly evidence: TransitionEvidence;
      readonly at: number;
    }
  /** Whether the router is master now, its addresses installed; if not, why. */
  | ({ readonly type: 'take-over-answered'; readonly router: string } & TakeOverAnswer)
  /** Something an operator should know, with a stable event name and flat fields; the agent logs and journals it. */
  | {
      readonly type: 'notice';
      readonly level: 'error' | 'warn' | 'info' | 'debug';
      readonly event: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
      readonly at: number;
    }
  | {
      readonly type: 'snapshot';
      readonly id: number;
      readonly routers: readonly RouterSnapshot[];
      readonly engine: EngineSnapshot;
    }
  /** A master overruled a lower-priority advertisement. */
  | {
      readonly type: 'lower-priority-received';
      readonly router: string;
      readonly source: string;
      readonly priority: number;
      readonly at: number;
    }
  /** What is to be done for this router when the engine dies; nothing when `will` is absent: it is no master. */
  | { readonly type: 'will'; readonly router: string; readonly will?: RouterWill }
  | { readonly type: 'heartbeat' }
  /** Told to stop: hand over what can be handed over, then answer `leave`. */
  | { readonly type: 'leaving' }
  /** Routers are shut down, addresses are off: run the stop hooks, then answer `stopped`. */
  | { readonly type: 'stopping' };

/** What a survivor must know of a router that is master, to resign in its name and to take off what it holds. Without
 *  secrets: the survivor has them from the configuration. */
export interface RouterWill {
  readonly configuration: Omit<RouterConfiguration, 'families' | 'authentication' | 'epochFloor'>;
  /** Those that are master; at least one. */
  readonly families: readonly FamilyWill[];
}

/** One family of a router that is master. */
export interface FamilyWill {
  readonly parameters: VirtualRouterParameters;
  /** What it sends from; absent: it cannot send. */
  readonly source?: IpAddress;
  /** Addresses that are the host's own: never taken off. */
  readonly preexisting: readonly IpAddress[];
  readonly virtualLink?: VirtualLink;
}

/** What became of a `take-over`. */
export type TakeOverAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: HandoverRefusal | 'unknown-router' | 'address-install-failed' };

/** Milliseconds from the decision to each step, as far as the transition took them. */
export interface TransitionSteps {
  readonly advertisementMs?: number;
  readonly addressesMs?: number;
  readonly announcedMs?: number;
}

/** What a transition rests on, as far as each played a part. Durations in ms, fractional. */
export interface TransitionEvidence {
  /** Of the two families of a router, the one that decided. */
  readonly family: 4 | 6;
  readonly interface: string;
  /** The timer of the backup that it was. */
  readonly timer?: TimerEvidence;
  /** The advertisement that was heard last in this life, by whomever it was sent. */
  readonly heard?: {
    readonly address: string;
    /** 0: it said that it leaves. */
    readonly priority: number;
    readonly advertIntervalMs: number;
    /** How long before the decision. */
    readonly agoMs: number;
  };
  /** How long the process did not run. */
  readonly stalledMs?: number;
  /** What the kernel would not install, and why. */
  readonly refusal?: Refusal;
}

/** How a backup had waited when it stopped being one. */
export interface TimerEvidence {
  /** What had set it last: see BackupState in vrrp. */
  readonly armedBy: 'entry' | 'advertisement' | 'resignation' | 'group-resignation';
  /** How long before the decision. */
  readonly armedAgoMs: number;
  /** How long it was set for. */
  readonly intervalMs: number;
  /** The part of that which comes from our priority. */
  readonly skewTimeMs: number;
  /** The master's interval as learned, our own until then. */
  readonly masterAdvertIntervalMs: number;
}

/** An address that the kernel refused. */
export interface Refusal {
  readonly address: string;
  readonly interface: string;
  readonly errno: string;
}

/** The state of one router at one moment. Instants are wall-clock milliseconds since the epoch. */
export interface RouterSnapshot {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly version: number;
  readonly state: StateName;
  readonly faults: readonly FaultReason[];
  readonly priority: { readonly configured: number; readonly effective: number };
  /** It has let go of its mastership, or is about to: it counts with priority 1. */
  readonly held: boolean;
  readonly advertIntervalMs: number;
  readonly sinceMs: number;
  readonly reason: string;
  readonly epoch: number;
  readonly addresses: readonly { readonly address: string; readonly interface: string; readonly installed: boolean }[];
  readonly primaryAddress: string | undefined;
  readonly master: { readonly address: string; readonly priority: number } | undefined;
  /** Every router heard for this VRID, in either family. */
  readonly heard: readonly HeardRouter[];
  readonly masterDownIntervalMs: number;
  readonly skewTimeMs: number;
  /** Of both families together; masterships count once. */
  readonly statistics: Readonly<Record<StatisticName, number>>;
  /** Each family by itself, IPv4 first. What stands above and is not a sum is the first one's. */
  readonly families: readonly FamilySnapshot[];
}

/** One family of a router at one moment. */
export interface FamilySnapshot {
  readonly family: 4 | 6;
  readonly state: StateName;
  readonly faults: readonly FaultReason[];
  /** What it sends from. */
  readonly primaryAddress: string | undefined;
  /** What carries its addresses when it has a virtual MAC. */
  readonly virtualLink: { readonly interface: string; readonly mac: string } | undefined;
  readonly master: { readonly address: string; readonly priority: number } | undefined;
  /** Every router heard for this VRID in this family, newest advertisement of each. */
  readonly heard: readonly HeardRouter[];
  readonly masterDownIntervalMs: number;
  readonly skewTimeMs: number;
  readonly statistics: Readonly<Record<StatisticName, number>>;
  /** Advertisements that named this router and were thrown away, by DiscardReason; without the reasons that never
   *  applied. */
  readonly discarded: Readonly<Record<string, number>>;
  /** Advertisements that were accepted although something about them was odd, by Remark. */
  readonly remarked: Readonly<Record<string, number>>;
}

/** Another router as its advertisements show it. */
export interface HeardRouter {
  readonly address: string;
  readonly priority: number;
  readonly advertIntervalMs: number;
  /** Form of its checksum: see ChecksumMode in vrrp. */
  readonly checksumForm: 'pseudo-header' | 'message-only';
  readonly lastHeardMs: number;
}

/** What the engine knows of itself. */
export interface EngineSnapshot {
  readonly pid: number;
  readonly driver: string;
  readonly scheduling: string;
  readonly generation: number;
  readonly rssBytes: number;
  /** Sum of the stalls longer than 50 ms since start, ms. */
  readonly stallMs: number;
  /** Discards that belong to no router of ours (unknown VRID, bad version before lookup), by reason. */
  readonly discarded: Readonly<Record<string, number>>;
  readonly observer: 'off' | 'running' | 'unavailable';
  /** Who sent packets of protocol 112, as the observer saw them; empty without it. */
  readonly senders: readonly HeardSender[];
}

/** A sender of packets of protocol 112, with the MAC address that its frames came from. */
export interface HeardSender {
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: string;
}

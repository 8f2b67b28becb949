// What the command line says to the agent over its unix socket, and what it hears. One JSON object a line, both ways.
// The agent owns these types; `StatusReport` is the stable `baton status --json` of the interface.

/** One request; `id` comes back on every line that answers it. */
export type ControlRequest =
  | { readonly id: number; readonly method: 'status' }
  /** Hands one virtual router over, or all without `router`. `forMs`: how long it is held, see interface. */
  | {
      readonly id: number; readonly method: 'handover';
      readonly router?: string; readonly to?: string; readonly forMs?: number;
    }
  /** Begins or ends maintenance; `forMs` begins it for a time. */
  | { readonly id: number; readonly method: 'maintenance'; readonly on: boolean; readonly forMs?: number }
  /** Past events, oldest first, then `done`; with `follow` the stream stays open. Only events at or after `sinceMs`,
   *  an instant in wall-clock milliseconds since 1970; all when absent. */
  | { readonly id: number; readonly method: 'events'; readonly sinceMs?: number; readonly follow: boolean }
  /** Read the configuration file again; with `plan` nothing is applied. */
  | { readonly id: number; readonly method: 'reload'; readonly plan: boolean };

/** One line of an answer. */
export type ControlReply =
  | { readonly id: number; readonly type: 'status'; readonly status: StatusReport }
  | { readonly id: number; readonly type: 'handover'; readonly reports: readonly HandOverReport[] }
  | { readonly id: number; readonly type: 'maintenance'; readonly report: MaintenanceReport }
  | { readonly id: number; readonly type: 'event'; readonly event: JournalEvent }
  | { readonly id: number; readonly type: 'done' }
  | { readonly id: number; readonly type: 'reload'; readonly report: ReloadReport }
  | {
      readonly id: number; readonly type: 'error';
      readonly code: ControlErrorCode; readonly message: string; readonly hint?: string;
    };

/** Why a request was not answered with what it asked for. */
export type ControlErrorCode =
  /** The line was too long, not JSON or no request; the daemon ends the connection. */
  | 'ERR_CONTROL_BAD_REQUEST'
  /** The daemon does not know this method: it is older or newer than the command. */
  | 'ERR_CONTROL_UNKNOWN_METHOD'
  /** The engine did not say in time what state it is in. */
  | 'ERR_CONTROL_ENGINE_SILENT'
  /** As many clients as allowed are connected; the daemon ends the connection. */
  | 'ERR_CONTROL_TOO_MANY_CLIENTS';

/** `baton status --json`: snake_case, stable; fields are only ever added. Times are ISO 8601 in UTC. */
export interface StatusReport {
  readonly node: string;
  readonly version: string;
  readonly generation: number;
  readonly maintenance: boolean;
  readonly virtual_routers: readonly RouterStatus[];
  readonly sync_groups: readonly SyncGroupStatus[];
  readonly peers: readonly PeerStatus[];
  readonly trackers: readonly never[];
  readonly floating_ips: readonly never[];
  readonly session_sync: { readonly tables: readonly never[] };
  readonly alarms: readonly AlarmStatus[];
  readonly engine: EngineStatus;
  /** The configuration that was refused last, until one is accepted; null when the file is what runs. */
  readonly refused_configuration: RefusedConfiguration | null;
  /** Null without one. */
  readonly control_channel: ControlChannelStatus | null;
}

/** The control channel of this node. */
export interface ControlChannelStatus {
  /** `address:port`; null while nothing listens. */
  readonly listen: string | null;
  readonly authentication: 'none' | 'pre-shared-key' | 'certificates';
  /** Connections that were not accepted since start, by reason; reasons that never applied are absent. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A configuration that changed nothing. */
export interface RefusedConfiguration {
  /** The one that it would have been. */
  readonly generation: number;
  readonly since: string;
  /** Everything that is wrong with it, each as `file:line:column key: what`. */
  readonly findings: readonly string[];
}

/** `baton handover --json`, one for each virtual router: what came of handing it over. */
export interface HandOverReport {
  /** Empty when it is about the node as a whole. */
  readonly router: string;
  /** failed: this node is master as before · not-master: there was nothing to hand over. */
  readonly outcome: 'done' | 'failed' | 'not-master';
  /** Who was asked to take over; null where a peer did so by its own timer. */
  readonly to: string | null;
  /** From the beginning until this node had let go. */
  readonly took_ms: number | null;
  readonly why: string | null;
}

/** `baton maintenance --json`. */
export interface MaintenanceReport {
  readonly on: boolean;
  /** ISO 8601, UTC; null: until it is ended by hand, or when it is off. */
  readonly until: string | null;
  /** What came of handing over before it began. */
  readonly handovers: readonly HandOverReport[];
}

/** `baton reload --json`: what came of reading the file again. */
export interface ReloadReport {
  /** applied: it runs · planned: it could · refused: the daemon or the kernel said no · invalid: the file has errors.
   *  After the last two everything goes on as before. */
  readonly outcome: 'applied' | 'planned' | 'refused' | 'invalid';
  /** Of the configuration that the file holds. */
  readonly generation: number;
  /** Empty when nothing changes. */
  readonly plan: readonly ReloadStep[];
  /** Errors and warnings, each as `file:line:column key: what`. */
  readonly findings: readonly string[];
  /** Why it was refused. */
  readonly detail: string | null;
}

/** One thing that a reload changes. */
export interface ReloadStep {
  /** Null when it is about the node as a whole. */
  readonly router: string | null;
  readonly what: string;
  /** interrupts: the addresses that it names are away for a while, or for good. */
  readonly effect: 'interrupts' | 'no interruption';
}

/** One virtual router of this node. Intervals in ms, priorities 0–255. */
export interface RouterStatus {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly version: number;
  readonly state: 'initialize' | 'backup' | 'master' | 'fault';
  readonly faults: readonly string[];
  readonly priority: { readonly configured: number; readonly effective: number };
  /** It has let go of its mastership, or is about to: it counts with priority 1. */
  readonly held: boolean;
  readonly advert_interval_ms: number;
  /** Whether it takes over from a master of lower priority. */
  readonly preempt: boolean;
  readonly master_down_interval_ms: number;
  readonly since: string;
  readonly reason: string;
  readonly epoch: number;
  readonly addresses: readonly { readonly address: string; readonly installed: boolean }[];
  /** Who is master as far as this node knows; null when nobody is. `node` is null for an address of no peer. */
  readonly master: { readonly node: string | null; readonly address: string; readonly priority: number } | null;
  /** Configured peers and every other router heard for this VRID. `state` is what its advertisements show: `unknown`
   *  when it sends none. The last three are null for one that was never heard. */
  readonly peers: readonly {
    readonly node: string | null; readonly address: string; readonly state: 'master' | 'backup' | 'unknown';
    readonly priority: number | null; readonly last_heard_ms: number | null;
    /** Form of its checksum: `pseudo-header`, or `message-only` as RFC 9568 has it for IPv4. */
    readonly checksum: string | null;
    readonly advert_interval_ms: number | null;
    /** What the node says of itself over the control channel; null while it is not connected. */
    readonly reported: ReportedState | null;
  }[];
  /** Of both families together; masterships count once. */
  readonly statistics: Readonly<Record<string, number>>;
  /** Each address family by itself, IPv4 first. What stands above and is no sum is the first one's. */
  readonly families: readonly FamilyStatus[];
}

/** One VRRP session of a virtual router. */
export interface FamilyStatus {
  readonly family: 'ipv4' | 'ipv6';
  readonly state: RouterStatus['state'];
  readonly faults: readonly string[];
  /** What it advertises from; null while the interface has no address. */
  readonly source_address: string | null;
  /** Whom it advertises to; null: the multicast group. */
  readonly unicast_peers: readonly string[] | null;
  /** The macvlan that carries its addresses, and its MAC address; null without `virtual_mac`. */
  readonly virtual_mac: { readonly interface: string; readonly mac: string } | null;
  readonly master: { readonly address: string; readonly priority: number } | null;
  readonly master_down_interval_ms: number;
  readonly statistics: Readonly<Record<string, number>>;
  /** Advertisements that named this router and were thrown away, by reason; reasons that never applied are absent. */
  readonly discarded: Readonly<Record<string, number>>;
  /** Advertisements that were accepted although something about them was odd, by remark. */
  readonly remarked: Readonly<Record<string, number>>;
}

/** Virtual routers that move together. `fault` when any member is in fault, `master` when all are. */
export interface SyncGroupStatus {
  readonly name: string;
  readonly state: RouterStatus['state'];
  readonly since: string;
  readonly reason: string;
  readonly virtual_routers: readonly string[];
}

/** A virtual router as another node sees its own. */
export interface ReportedState {
  readonly state: RouterStatus['state'];
  readonly priority: { readonly configured: number; readonly effective: number };
  readonly epoch: number;
  /** By the clock of that node. */
  readonly since: string;
  readonly reason: string;
  readonly held: boolean;
  readonly maintenance: boolean;
  readonly faults: readonly string[];
}

/** One configured peer and the control channel to it. */
export interface PeerStatus {
  readonly node: string;
  readonly address: string;
  readonly connected: boolean;
  /** Of Baton; null while it is not connected. */
  readonly version: string | null;
  readonly round_trip_ms: number | null;
  /** What both have to agree on and do not, in words; empty while it is not connected. */
  readonly drift: readonly string[];
}

/** One thing that is wrong right now; gone from the report when it is right again. */
export interface AlarmStatus {
  readonly name: string;
  /** What it is about, a router for example; empty when there can be only one. `detail` begins with it. */
  readonly subject: string;
  readonly since: string;
  readonly detail: string;
  /** What it rests on, for those about advertisements. Advertisements can be forged: it proves nothing. */
  readonly evidence?: {
    /** How often since `since`, by reason. */
    readonly reasons: Readonly<Record<string, number>>;
    readonly sources: readonly { readonly address: string; readonly interface: string; readonly mac: string | null }[];
    readonly last_seen: string;
    /** The newest one as far as it could be read. */
    readonly advertisement: {
      readonly vrid: number; readonly version: number; readonly priority: number; readonly advert_interval_ms: number;
      readonly addresses: readonly string[];
    } | null;
  };
}

/** The engine process. `stall_ms` is the sum of the times in which it could not run; `discarded` counts by reason. */
export interface EngineStatus {
  readonly pid: number;
  readonly packet_driver: string;
  readonly scheduling: string;
  readonly rss_bytes: number;
  readonly stall_ms: number;
  readonly observer: string;
  readonly discarded: Readonly<Record<string, number>>;
}

/** One line of the journal and of `baton events --json`. */
export interface JournalEvent {
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  /** kebab-case, subject then past participle: state-changed, hook-finished, agent-started. */
  readonly event: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly router?: string;
  /** Further flat fields of the event, snake_case. */
  readonly [field: string]: unknown;
}

/** Name of the control socket inside the runtime directory. */
export const CONTROL_SOCKET = 'control.sock';
/** Longest accepted request line, bytes. */
export const MAX_REQUEST_BYTES = 65_536;

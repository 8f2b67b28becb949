// What a valid configuration file means, in the vocabulary of the program. Filled by to-parameters.ts, read by the
// agent.

import type { IpAddress } from '@baton/base';
import type { OwnedRoute } from '@baton/net';
import type { AntiReplay, AuthenticationMode, VirtualRouterParameters } from '@baton/vrrp';

/** A configuration that passed every check. */
export interface Configuration {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly node: string;
  /** Without this node. */
  readonly peers: readonly PeerConfiguration[];
  /** Undefined: there is none. */
  readonly controlChannel: ControlChannelSettings | undefined;
  /** What `peers` says about this node; absent when it does not stand there. */
  readonly ownAddress?: IpAddress;
  readonly routers: readonly RouterSettings[];
  readonly syncGroups: readonly SyncGroupSettings[];
  readonly hooks: readonly HookConfiguration[];
  readonly log: LogConfiguration;
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
  /** Run the packet observer. */
  readonly observe: boolean;
  /** Where keys stand that an operator may be pointed to while the daemon runs, by dotted path: those that cannot
   *  change, and the interface of each router. 1-based; that of its map for a key that is not given. */
  readonly places: Readonly<Record<string, { readonly line: number; readonly column: number }>>;
}

/** One entry of `virtual_routers`. */
export interface RouterSettings {
  readonly name: string;
  /** One per address family, IPv4 first; name, interface, VRID and priority are the same in both. */
  readonly families: readonly [VirtualRouterParameters, ...VirtualRouterParameters[]];
  /** What advertisements are sent from, by family; absent: the primary address of the interface. */
  readonly sourceAddresses: { readonly 4?: IpAddress; readonly 6?: IpAddress };
  readonly authentication?: AuthenticationSettings;
  readonly virtualMac: boolean;
  readonly acceptMode: boolean;
  readonly routes: readonly OwnedRoute[];
}

/** What advertisements must prove; the key files are read. */
export type AuthenticationSettings =
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

/** Routers that move together. */
export interface SyncGroupSettings {
  readonly name: string;
  readonly routers: readonly string[];
}

/** Another node of the same virtual routers. */
export interface PeerConfiguration {
  readonly node: string;
  readonly address: IpAddress;
  /** TCP port of the control channel, 1–65535. */
  readonly port: number;
}

/** The connections between the agents of the nodes. */
export interface ControlChannelSettings {
  /** Undefined: the agent finds out. */
  readonly listen: { readonly address: IpAddress; readonly port: number } | undefined;
  readonly credentials: ChannelCredentials;
}

/** How nodes prove to each other who they are; the files are read. */
export type ChannelCredentials =
  /** Not at all: between loopback addresses only. */
  | { readonly kind: 'none' }
  /** Hexadecimal, 32–64 bytes; the same on all nodes. */
  | { readonly kind: 'pre-shared-key'; readonly key: string }
  /** PEM. */
  | { readonly kind: 'certificates'; readonly certificate: string; readonly key: string; readonly ca: string };

/** States that a hook can be called for, of a virtual router or of a sync group. */
export type HookEvent =
  /** The router holds its addresses and has announced them. */
  | 'master'
  /** It waits for the master to fall silent. */
  | 'backup'
  /** It cannot take part; the reason says why. */
  | 'fault'
  /** The daemon ends, or the router is no longer configured. */
  | 'stop';

/** A command hook: `run` is called with keepalived's arguments appended. */
export interface HookConfiguration {
  readonly on: readonly HookEvent[];
  /** Names of virtual routers; undefined = all. */
  readonly routers: readonly string[] | undefined;
  /** Names of sync groups; undefined = all. */
  readonly groups: readonly string[] | undefined;
  /** Absolute program, then its fixed arguments; never a shell. */
  readonly run: readonly string[];
  readonly timeoutMs: number;
}

/** What is logged and how; always to standard error. */
export interface LogConfiguration {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'text' | 'json';
  /** Also append to this file. */
  readonly file: string | undefined;
}

/** One thing wrong or doubtful in a file, for an operator. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** Stable token, kebab-case: unknown-key, wrong-type, out-of-range, duplicate-vrid, … */
  readonly code: string;
  readonly file: string;
  /** 1-based; 1:1 when the finding concerns the whole file. */
  readonly line: number;
  readonly column: number;
  /** Dotted path: `virtual_routers.web.vrid`; empty for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** What loading a file gave: warnings can accompany a usable configuration, errors cannot. */
export type LoadResult =
  | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

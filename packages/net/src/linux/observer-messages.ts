// What the observer process and its parent say to each other. Whoever receives a message owns its type; both sides are
// in this package.

import type { IpAddress } from '@baton/base';

/** Told to the observer once, when it has started. */
export interface ObserveRequest {
  readonly interfaces: readonly string[];
  /** IPv4 addresses that nobody else should claim. */
  readonly addresses: readonly IpAddress[];
}

/** Something seen on the wire that came from another host. Repeated at most once a second while it goes on. */
export type Evidence =
  /** Somebody else's ARP names a watched address as its own. */
  | { readonly kind: 'foreign-claim'; readonly interface: string; readonly address: IpAddress; readonly mac: string }
  /** Somebody else sent an IP datagram of protocol 112, as it was, whatever our sockets make of it. */
  | {
      readonly kind: 'router-heard'; readonly interface: string; readonly source: IpAddress; readonly mac: string;
      readonly ttl: number; readonly payload: Uint8Array;
    };

/** Told by the observer. */
export type ObserverMessage =
  | { readonly type: 'observing' }
  /** The packet library is not built here: there is no sense in starting again. */
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'evidence'; readonly evidence: Evidence };

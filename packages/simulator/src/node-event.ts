// What can be seen of a node: the one stream of events from which the trace is written and every rule is judged.

import type { Instant, IpAddress } from '@baton/base';
import type { EngineMessage } from '@baton/engine/messages';
import type { AddressResult, ReleaseResult, RenewalResult } from '@baton/net';

/** Why the engine was called. */
export type Cause = 'start' | 'timer' | 'datagram' | 'link' | 'health' | 'change' | 'stop';

/** Something that a node did, or that reached it. */
export type NodeEvent =
  /** The engine is about to be called; about an interface, when one changed. */
  | { readonly kind: 'woke'; readonly cause: Cause; readonly interface?: string }
  /** The call is over. */
  | { readonly kind: 'idle'; readonly cause: Cause }
  /** An advertisement; `errno` when the kernel did not take it. */
  | {
      readonly kind: 'sent';
      readonly interface: string;
      readonly source: IpAddress;
      readonly destination: IpAddress;
      readonly payload: Uint8Array;
      readonly errno: string | undefined;
    }
  | {
      readonly kind: 'claimed' | 'released';
      readonly interface: string;
      readonly address: IpAddress;
      readonly result: AddressResult | ReleaseResult;
    }
  /** The kernel took an address off that was not renewed. */
  | { readonly kind: 'lease-ended'; readonly interface: string; readonly address: IpAddress }
  | {
      readonly kind: 'renewed';
      readonly interface: string;
      readonly address: IpAddress;
      readonly result: RenewalResult;
    }
  | {
      readonly kind: 'announced';
      readonly places: readonly { readonly interface: string; readonly address: IpAddress }[];
      readonly count: number;
    }
  /** The timer was set, by the node's own clock; undefined = it was stopped. */
  | { readonly kind: 'armed'; readonly at: Instant | undefined }
  | { readonly kind: 'told'; readonly message: EngineMessage }
  /** A datagram lies in the socket. */
  | {
      readonly kind: 'arrived';
      readonly interface: string;
      readonly source: IpAddress;
      readonly destination: IpAddress;
      readonly payload: Uint8Array;
    };

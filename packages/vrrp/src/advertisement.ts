// The VRRP message on the wire (RFC 9568 §5.2): fields to bytes and back. Centiseconds exist only here. Does not judge a message: receive-checks.ts does.

import type { IpAddress } from '@baton/base';

/** One VRRP version 3 advertisement (RFC 9568 §5.2). */
export interface Advertisement {
  readonly version: 3;
  readonly vrid: number;
  /** 0 = the master leaves, 255 = address owner. */
  readonly priority: number;
  /** Max Advertise Interval, ms, 0–40 950 on the wire in steps of 10. */
  readonly advertIntervalMs: number;
  /** In the sender's order. */
  readonly addresses: readonly IpAddress[];
}

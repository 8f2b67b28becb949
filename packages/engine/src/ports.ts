// What the engine needs from the world around it. Production fills it with Linux and Node, the simulator with memory
// and a virtual clock.

import type { Clock, Instant } from '@baton/base';
import type {
  AddressOwner,
  Announcer,
  LinkMonitor,
  PacketIo,
  RouteOwner,
  TrafficFilter,
  VirtualLinks,
} from '@baton/net';
import type { Mac } from '@baton/vrrp';
import type { EngineMessage } from './messages.js';

/** The engine's only timer. */
export interface DeadlineTimer {
  /** Calls `fire` once, at `at` or as soon after it as the process runs; replaces what was armed before. Undefined
   *  disarms. */
  arm(at: Instant | undefined, fire: () => void): void;
}

/** Everything outside the engine. */
export interface EnginePorts {
  readonly packetIo: PacketIo;
  readonly addressOwner: AddressOwner;
  readonly announcer: Announcer;
  readonly linkMonitor: LinkMonitor;
  readonly virtualLinks: VirtualLinks;
  readonly routeOwner: RouteOwner;
  readonly trafficFilter: TrafficFilter;
  readonly clock: Clock;
  readonly timer: DeadlineTimer;
  /** HMAC-SHA-256, for advertisements that are authenticated. */
  readonly mac: Mac;
  /** Wall-clock milliseconds since 1970: shown, and stamped on authenticated advertisements. No timer looks at it. */
  readonly wallClockMs: () => number;
  /** Tells the agent; never blocks and never throws. */
  readonly emit: (message: EngineMessage) => void;
}

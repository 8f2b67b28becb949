// Where the outputs of a router go: what everything that performs one is given.

import type { Instant } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import type { FamilyRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { MovingGroup } from './moving-group.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** Where the outputs of one router go. */
export interface PerformContext {
  readonly family: FamilyRouter;
  readonly session: InterfaceSession;
  /** The group that it moves in. */
  readonly group: MovingGroup;
  readonly ports: EnginePorts;
  readonly notices: Notices;
  /** Whether another router is master and holds this address in the same place. */
  readonly isHeldByAnother: (place: OwnedAddress) => boolean;
  /** The instant of the decision: steps are measured from it. */
  readonly decidedAt: Instant;
}

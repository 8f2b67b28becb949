// What every simulated node has and none differs in: the MAC that real nodes use, and a kernel without virtual MACs,
// routes and filters of its own. Decides nothing.

import type { EnginePorts } from '@baton/engine/core';
import { createHmac } from 'node:crypto';

/** Ports that always answer the same. */
export const BARE_PORTS: Pick<EnginePorts, 'mac' | 'virtualLinks' | 'routeOwner' | 'trafficFilter'> = {
  mac: (key, message) => createHmac('sha256', key).update(message).digest(),
  virtualLinks: {
    ensure: () => ({ ok: true }),
    activate: () => ({ ok: true }),
    deactivate: () => ({ ok: true }),
    remove: () => ({ ok: true }),
    list: () => [],
  },
  routeOwner: {
    claim: () => ({ ok: true, already: false, ours: true }),
    release: () => ({ ok: true, already: true }),
    list: () => [],
  },
  trafficFilter: { refuse: () => ({ ok: true }) },
};

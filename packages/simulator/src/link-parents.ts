// Virtual links as far as a simulated kernel has them: it knows no macvlan, so that an address on one is held by the
// interface below it. Decides nothing.

import type { VirtualLinks } from '@baton/net';
import { BARE_PORTS } from './bare-ports.js';

/** The virtual links of one process. */
export class LinkParents {
  readonly #parents = new Map<string, string>();
  /** The port that the engine makes them by. */
  readonly links: VirtualLinks = {
    ...BARE_PORTS.virtualLinks,
    ensure: ({ name, parent }) => {
      this.#parents.set(name, parent);
      return { ok: true };
    },
  };

  /** The same place, with the interface that holds its address here. */
  carried<Place extends { readonly interface: string }>(place: Place): Place {
    const parent = this.#parents.get(place.interface);
    return parent === undefined ? place : { ...place, interface: parent };
  }
}

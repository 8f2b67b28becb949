// What the host must not accept although it holds it: the addresses of routers whose Accept_Mode is false (RFC 9568
// §6.4.3). One set for all routers, also while they are backups, so that it is there before the first address is.

import { BatonError, type IpAddress } from '@baton/base';
import { heldAddresses, OWNER_PRIORITY } from '@baton/vrrp';
import type { RouterConfiguration } from './messages.js';
import type { EnginePorts } from './ports.js';

/** What a kernel without nf_tables answers. */
const WITHOUT_FILTER = new Set(['EPROTONOSUPPORT', 'EOPNOTSUPP', 'ENOENT']);

/** The addresses for which traffic to this host is refused. */
export class RefusedTraffic {
  readonly #ports: Pick<EnginePorts, 'trafficFilter'>;
  /** What the kernel has; undefined = whatever an earlier life has left there. */
  #refused: string | undefined;

  constructor(ports: Pick<EnginePorts, 'trafficFilter'>) {
    this.#ports = ports;
  }

  /** Refuses what these routers must not accept, and nothing else any more.
   *  @throws {BatonError} ERR_ENGINE_TRAFFIC_FILTER when the kernel does not: what it had before, it still has */
  replace(configurations: readonly RouterConfiguration[]): void {
    const addresses = addressesToRefuse(configurations);
    const wanted = addresses.join(' ');
    if (wanted === this.#refused) return;
    const result = this.#ports.trafficFilter.refuse(addresses);
    // Where there is no nf_tables, there is nothing to remove either.
    if (!result.ok && (wanted !== '' || !WITHOUT_FILTER.has(result.errno))) {
      const what =
        wanted === '' ? 'stop refusing traffic' : 'refuse traffic to the addresses of routers with accept: false';
      throw new BatonError('ERR_ENGINE_TRAFFIC_FILTER', `cannot ${what}: ${result.errno}`, {
        details: { errno: result.errno },
        hint: 'load the kernel module nf_tables, or accept the traffic',
      });
    }
    this.#refused = wanted;
  }

  /** Refuses nothing any more. */
  end(): void {
    if (this.#refused !== undefined && this.#refused !== '') this.#ports.trafficFilter.refuse([]);
    this.#refused = undefined;
  }
}

/** An owner accepts what is its own, whatever the mode says. */
function addressesToRefuse(configurations: readonly RouterConfiguration[]): readonly IpAddress[] {
  const refusing = configurations.filter(({ acceptMode }) => !acceptMode).flatMap(({ families }) => families);
  const held = refusing.filter(({ priority }) => priority !== OWNER_PRIORITY).flatMap(heldAddresses);
  return [...new Set(held.map(({ address }) => address))].sort();
}

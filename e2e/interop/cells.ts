// The matrix as data: with whom, which version, family and form of envelope; and what the protocol then says about its
// times. Starts nothing.

import { virtualMac, type LabHost, type RouterOptions, type YamlValue } from '@baton/lab';
import { VIP } from '../support/bed.js';

/** Who speaks. */
export type Daemon = 'baton' | 'keepalived' | 'frr';

/** One pair of daemons and what they agree on. */
export interface Cell {
  readonly name: string;
  readonly daemons: readonly [Daemon, Daemon];
  readonly router: Omit<RouterOptions, 'priority' | 'preempt' | 'peers'>;
  /** What one of the two has different from that. */
  readonly differences?: Readonly<Partial<Record<Daemon, Partial<RouterOptions>>>>;
  /** Keys that only Baton's file has. */
  readonly batonKeys?: Readonly<Record<string, YamlValue>>;
}

/** A cell with its roles: the first daemon has the higher priority. */
export interface Match {
  readonly title: string;
  readonly cell: Cell;
  readonly higher: Daemon;
  readonly lower: Daemon;
}

export const HIGHER_PRIORITY = 200;
export const LOWER_PRIORITY = 100;
/** Long enough that several pairs side by side on two busy cores miss no three adverts, ms. */
export const INTERVAL_MS = 200;
/** Version 2 knows whole seconds, ms. */
export const V2_INTERVAL_MS = 1000;
/** FRR's times are whole centiseconds, cut off, ms. */
const CUT_OFF_MS = 10;

/** The virtual address of each family that the client asks for. */
export const ASKED = { 4: VIP, 6: 'fd09::100' } as const;
/** IPv4 of a cell. */
export const IPV4 = [`${VIP}/24`];
/** IPv6 of a cell, the link-local address first (RFC 9568 §5.2.9). */
export const IPV6 = ['fe80::100/64', 'fd09::100/64'];

/** Both roles of each cell. */
export function matchesOf(cells: readonly Cell[]): readonly Match[] {
  return cells.flatMap((cell) => {
    const [one, other] = cell.daemons;
    const pairs: readonly (readonly [Daemon, Daemon])[] = [
      [one, other],
      [other, one],
    ];
    return pairs.map(([higher, lower]) => ({ title: `${cell.name}: ${higher} above ${lower}`, cell, higher, lower }));
  });
}

/** The families of a cell, IPv4 first. */
export function familiesOf(cell: Cell): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((family) => addressesOf(cell, family).length > 0);
}

/** The addresses of one family of a cell, without their prefix lengths. */
export function addressesOf({ router }: Pick<Cell, 'router'>, family: 4 | 6): readonly string[] {
  const wanted = router.addresses.filter((text) => text.includes(':') === (family === 6));
  return wanted.map((text) => text.split('/')[0] ?? '');
}

/** Skew_Time, ms (RFC 9568 §6.1; RFC 3768 §6.1: it does not scale with the interval). */
export function skewTimeMs({ router }: Cell, priority: number): number {
  const scale = router.version === 2 ? V2_INTERVAL_MS : intervalMs(router);
  return ((256 - priority) / 256) * scale;
}

/** Master_Down_Interval, ms. */
export function masterDownIntervalMs(cell: Cell, priority: number): number {
  return 3 * intervalMs(cell.router) + skewTimeMs(cell, priority);
}

/** How much earlier and later than the protocol says a daemon's first advert comes by its own making, ms.
 *  FRR's first IPv6 advert goes out an interval late: its macvlan's own address is not ready before. Where two families
 *  make one decision, the one that was heard first takes the other along, at most an interval early. */
export function quirkMs(daemon: Daemon, family: 4 | 6, cell: Cell): { readonly early: number; readonly late: number } {
  const interval = intervalMs(cell.router);
  const late = daemon === 'frr' && family === 6 ? interval : 0;
  return { early: (daemon === 'frr' ? CUT_OFF_MS : 0) + (familiesOf(cell).length > 1 ? interval : 0), late };
}

/** Whose MAC a daemon's answers and announcements carry. */
export function answeringMac(daemon: Daemon, host: LabHost, family: 4 | 6, { router }: Cell): string {
  return daemon === 'frr' || router.virtualMac === true ? virtualMac(family, router.vrid) : host.mac;
}

function intervalMs({ advertIntervalMs = INTERVAL_MS }: Cell['router']): number {
  return advertIntervalMs;
}

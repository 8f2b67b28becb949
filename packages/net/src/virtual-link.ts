// What an interface with a virtual MAC is called and which MAC that is (RFC 9568 §7.3). Pure. How the interface comes
// to be is decided in ./linux/virtual-links.ts.

/** An interface that carries a virtual router's MAC, on top of the interface that leads to the LAN. */
export interface VirtualLink {
  /** Name of the interface that leads to the LAN. */
  readonly parent: string;
  /** From virtualLinkName. */
  readonly name: string;
  /** From virtualMac. */
  readonly mac: string;
  readonly family: 4 | 6;
}

/** Metric of the routes that come with the addresses of a virtual link: worse than any that the kernel or an operator
 *  gives to the parent's own (0 for IPv4, 256 for IPv6), so that what the host itself sends keeps its address and MAC.
 *  Where the parent has no address in the virtual IP's subnet, it is the route by which clients there are answered. */
export const VIRTUAL_LINK_METRIC = 4096;

/** The virtual MAC: `00:00:5e:00:01:VRID` for IPv4, `00:00:5e:00:02:VRID` for IPv6 (RFC 9568 §7.3).
 *  @param vrid 1–255 */
export function virtualMac(vrid: number, family: 4 | 6): string {
  return `00:00:5e:00:0${family === 4 ? '1' : '2'}:${vrid.toString(16).padStart(2, '0')}`;
}

/** The interface's name, at most 15 characters: `vr4.51.12` for VRID 51, IPv4, on the interface with index 12. A parent
 *  that is made again has another index, so that no name means two parents.
 *  @param vrid 1–255
 *  @param parentIndex 1–2 147 483 647 */
export function virtualLinkName(vrid: number, family: 4 | 6, parentIndex: number): string {
  const decimal = `vr${String(family)}.${String(vrid)}.${String(parentIndex)}`;
  // Eight digits and more do not fit behind a long VRID; base 36 needs six, and the x keeps it from being a decimal.
  return decimal.length <= 15 ? decimal : `vr${String(family)}.${String(vrid)}.x${parentIndex.toString(36)}`;
}

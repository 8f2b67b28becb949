// Which virtual routers a scenario made by chance has: one plain one most often, and by turns each thing that the
// protocol knows: version 2, passwords, IPv6, both families, trailers, unicast, several routers, groups of them. Knows
// nothing of nodes and troubles.

import type { Random } from './random.js';
import { DEFAULT_ROUTER, type GroupPlan, type RouterPlan } from './scenario.js';

/** The routers of one scenario. */
export interface Repertoire {
  readonly routers: readonly RouterPlan[];
  readonly groups: readonly GroupPlan[];
  readonly reversedLans: readonly number[];
}

/** What can be simulated, the common more often. */
const KINDS = [
  'plain', 'plain', 'ipv6', 'version-2', 'password', 'hmac', 'unicast', 'several', 'dual-stack', 'group', 'group',
] as const;

/** Chooses the routers. */
export function generateRouters(random: Random): Repertoire {
  const kind = random.pick(KINDS);
  const ipv4 = { ...DEFAULT_ROUTER, virtualAddresses: addresses(random, 1, 4) };
  const ipv6 = { ...DEFAULT_ROUTER, virtualAddresses: addresses(random, 1, 6) };
  switch (kind) {
    case 'ipv6': return alone(ipv6);
    case 'version-2': return alone({ ...ipv4, version: 2 });
    case 'password': return alone({ ...ipv4, version: 2, authentication: 'password', unicast: random.chance(0.3) });
    case 'hmac': return alone({ ...random.pick([ipv4, ipv6]), authentication: 'hmac', unicast: random.chance(0.5) });
    case 'unicast': return alone({ ...random.pick([ipv4, ipv6]), unicast: true });
    case 'plain': return alone(ipv4);
    case 'dual-stack':
      return alone({ ...ipv4, virtualAddresses: [...ipv4.virtualAddresses, ...ipv6.virtualAddresses] });
    case 'several': return { routers: makeSeveral(random, 2 + random.below(2)), groups: [], reversedLans: [] };
    case 'group': return makeGroup(random);
  }
}

function alone(router: RouterPlan): Repertoire {
  return { routers: [router], groups: [], reversedLans: [] };
}

/** Two or three on one LAN or two. */
function makeSeveral(random: Random, count: number): readonly RouterPlan[] {
  const lans = random.chance(0.6) ? [1, 2, 1] : [1, 1, 1];
  return ['web', 'inside', 'third'].slice(0, count).map((name, index): RouterPlan => {
    const lan = lans[index] ?? 1;
    return { ...DEFAULT_ROUTER, name, lan, vrid: 7 + index, virtualAddresses: [address(lan, 100 + 10 * index, 4)] };
  });
}

/** Two or three that move together, all of them or all but one. */
function makeGroup(random: Random): Repertoire {
  const routers = makeSeveral(random, 2 + random.below(2)).map((router): RouterPlan =>
    random.chance(0.2) ? { ...router, virtualAddresses: [...router.virtualAddresses, `fe80::${String(router.vrid)}00`] }
      : random.chance(0.2) ? { ...router, authentication: 'hmac' } : router);
  const names = routers.map(({ name }) => name);
  const members = names.length > 2 && random.chance(0.3) ? names.slice(0, 2) : names;
  return {
    routers, groups: [{ name: 'edge', routers: members }], reversedLans: random.chance(0.4) ? [2] : [],
  };
}

function addresses(random: Random, lan: number, family: 4 | 6): readonly string[] {
  return [100, ...(random.chance(0.2) ? [101] : [])].map((host) => address(lan, host, family));
}

function address(lan: number, host: number, family: 4 | 6): string {
  return family === 4 ? `10.9.${String(lan - 1)}.${String(host)}` : `fe80::${String(host)}`;
}

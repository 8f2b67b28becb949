// Performs one promotion on the loopback interface before the first election. The first takeover of a process otherwise
// pays for compiling the path that it takes, and the first takeover may be the only one. Leaves nothing behind.

import type { AddressOwner, AddressResult, OwnedAddress } from '@baton/net';
import { DEFAULT_RULES, OWNER_PRIORITY, type VirtualRouterParameters } from '@baton/vrrp';
import { HostedRouter } from './hosted-router.js';
import { InterfaceSession } from './interface-session.js';
import type { RouterConfiguration } from './messages.js';
import { MovingGroup } from './moving-group.js';
import { Notices } from './notices.js';
import { perform } from './perform.js';
import type { EnginePorts } from './ports.js';

/** Promotions that are rehearsed: enough for the slow first calls, few enough to cost under 10 ms at start. */
export const REHEARSALS = 8;

const LOOPBACK: OwnedAddress = { interface: 'lo', address: '127.0.0.1', prefixLength: 8 };

const PARAMETERS: VirtualRouterParameters = {
  name: 'rehearsal',
  interface: LOOPBACK.interface,
  vrid: 1,
  version: 3,
  family: 4,
  priority: OWNER_PRIORITY,
  advertIntervalMs: 1000,
  addresses: [{ address: LOOPBACK.address, prefixLength: LOOPBACK.prefixLength }],
  preemptMode: true,
  preemptDelayMs: 0,
  startupDelayMs: 0,
  checksum: 'auto',
  announce: { count: 1, delayMs: 0, delayedCount: 0, refreshMs: 0 },
  rules: DEFAULT_RULES,
};
const REHEARSED: RouterConfiguration = {
  name: PARAMETERS.name,
  families: [PARAMETERS],
  epochFloor: 0,
  sourceAddresses: {},
  virtualMac: false,
  acceptMode: true,
  routes: [],
};

/** Rehearses on these ports. What the loopback interface refuses is of no consequence. */
export function rehearsePromotion(ports: EnginePorts): void {
  const silent: EnginePorts = { ...ports, emit: () => undefined };
  const notices = new Notices(silent);
  const session = new InterfaceSession(LOOPBACK.interface, PARAMETERS.family, {
    ports: silent,
    notices,
    kindOf: () => 'owned',
    receive: () => undefined,
  });
  let claimed: AddressResult | undefined;
  const addressOwner: AddressOwner = {
    list: () => [],
    release: () => ({ ok: true, already: false }),
    renew: () => [],
    claim: (address: OwnedAddress): AddressResult => {
      const result = ports.addressOwner.claim(address);
      claimed ??= result;
      return result;
    },
  };
  for (let count = 0; count < REHEARSALS; count += 1) {
    const hosted = new HostedRouter(REHEARSED, { mac: ports.mac, nowMs: 0 });
    const [family] = hosted.families;
    const decidedAt = ports.clock.now();
    const group = new MovingGroup(undefined, [family]);
    const told = { family, session, group, notices, decidedAt };
    const context = { ...told, ports: { ...silent, addressOwner }, isHeldByAnother: () => false };
    family.router.handle({ kind: 'address-changed', primaryAddress: LOOPBACK.address }, decidedAt);
    perform(family.router.handle({ kind: 'startup' }, decidedAt), context);
    hosted.takeTransition(0);
  }
  session.close();
  if (claimed?.ok === true && !claimed.already) ports.addressOwner.release(LOOPBACK);
}

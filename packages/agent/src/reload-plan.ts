// What a reload would do, in sentences for an operator: what is added, changed or restarted, and what that interrupts.
// Pure; the engine decides by the same rule who keeps its state.

import type { Configuration, RouterSettings } from '@baton/config';
import { heldAddresses, isSameAcrossFamilies, type VirtualAddress, type VirtualRouterParameters } from '@baton/vrrp';
import type { ReloadStep } from './control/messages.js';

/** Plans the way from one configuration to the next, in the order of the file; what leaves comes first. Empty: nothing
 *  changes. */
export function planReload(before: Configuration, after: Configuration): readonly ReloadStep[] {
  const names = new Set(after.routers.map(({ name }) => name));
  const leaving = before.routers.filter(({ name }) => !names.has(name));
  return [
    ...leaving.map((router) => step(router.name, `stops ${router.name}: it is no longer configured`, 'interrupts')),
    ...after.routers.flatMap((router) => planRouter(before.routers.find(({ name }) => name === router.name), router)),
    ...planRest(before, after),
  ];
}

/** A plan entry as one line: `adds 192.0.2.11/24 to web; no interruption`. */
function step(router: string | null, what: string, effect: ReloadStep['effect']): ReloadStep {
  return { router, what, effect };
}

function planRouter(before: RouterSettings | undefined, after: RouterSettings): readonly ReloadStep[] {
  const { name } = after;
  if (before === undefined) return [step(name, `starts ${name}`, 'no interruption')];
  const cause = restartCause(before, after);
  if (cause !== undefined) return [step(name, `restarts ${name}: ${cause}`, 'interrupts')];
  return [...planAddresses(before, after), ...planKeys(before, after)];
}

/** Why a router cannot keep its state; undefined when it can. */
function restartCause(before: RouterSettings, after: RouterSettings): string | undefined {
  if (before.virtualMac !== after.virtualMac) return `virtual_mac becomes ${String(after.virtualMac)}`;
  if (isSameAcrossFamilies(before.families, after.families)) return undefined;
  const [was] = before.families;
  const [becomes] = after.families;
  for (const key of ['interface', 'vrid', 'version'] as const) {
    if (was[key] !== becomes[key]) return `${key} ${String(was[key])} becomes ${String(becomes[key])}`;
  }
  return 'all its addresses change to the other family';
}

function planAddresses(before: RouterSettings, after: RouterSettings): readonly ReloadStep[] {
  const { name } = after;
  const was = before.families.flatMap(heldAddresses).map(spell);
  const becomes = after.families.flatMap(heldAddresses).map(spell);
  return [
    ...was.filter((text) => !becomes.includes(text))
      .map((text) => step(name, `removes ${text} from ${name}`, 'interrupts')),
    ...becomes.filter((text) => !was.includes(text))
      .map((text) => step(name, `adds ${text} to ${name}`, 'no interruption')),
  ];
}

function spell({ address, prefixLength, interface: place }: VirtualAddress): string {
  return `${address}/${String(prefixLength)}${place === undefined ? '' : ` on ${place}`}`;
}

/** The keys that a running router takes over. A priority can move the mastership, by the rules of the election. */
function planKeys(before: RouterSettings, after: RouterSettings): readonly ReloadStep[] {
  const { name } = after;
  const [was] = before.families;
  const [becomes] = after.families;
  const changes = [
    ...numberChange('priority', was.priority, becomes.priority, ''),
    ...numberChange('advert_interval', was.advertIntervalMs, becomes.advertIntervalMs, ' ms'),
    ...(was.preemptMode === becomes.preemptMode ? [] : [`preempt becomes ${String(becomes.preemptMode)}`]),
    ...differing('source_address', before.sourceAddresses, after.sourceAddresses),
    ...differing('authentication', before.authentication, after.authentication),
    ...differing('accept', before.acceptMode, after.acceptMode),
    ...differing('routes', before.routes, after.routes),
    ...(before.families.some((family) => hasOtherKeys(family, after.families)) ? ['other keys change'] : []),
  ];
  return changes.map((change) => step(name, `changes ${name}: ${change}`, 'no interruption'));
}

/** Whether anything else is different; a family that comes or goes is told by its addresses. */
function hasOtherKeys(before: VirtualRouterParameters, after: readonly VirtualRouterParameters[]): boolean {
  const becomes = after.find(({ family }) => family === before.family);
  return becomes !== undefined && JSON.stringify(otherKeys(before)) !== JSON.stringify(otherKeys(becomes));
}

function otherKeys(parameters: VirtualRouterParameters): Readonly<Record<string, unknown>> {
  const { preemptDelayMs, startupDelayMs, checksum, announce, rules, unicast } = parameters;
  return { preemptDelayMs, startupDelayMs, checksum, announce, rules, unicast };
}

function planRest(before: Configuration, after: Configuration): readonly ReloadStep[] {
  const changes = [
    ...differing('sync_groups', before.syncGroups, after.syncGroups),
    ...differing('hooks', before.hooks, after.hooks),
    ...differing('peers', before.peers, after.peers),
    ...differing('log', before.log, after.log),
    ...differing('observe', before.observe, after.observe),
    ...differing('node', before.node, after.node),
  ];
  return changes.map((change) => step(null, change, 'no interruption'));
}

function numberChange(key: string, before: number, after: number, unit: string): readonly string[] {
  return before === after ? [] : [`${key} ${String(before)}${unit} becomes ${String(after)}${unit}`];
}

/** Values are plain data: equal when they are written the same. */
function differing(key: string, before: unknown, after: unknown): readonly string[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${key} changes`];
}

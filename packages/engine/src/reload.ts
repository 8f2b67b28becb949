// What a new configuration means for the routers that run: who leaves, who stays and who is new. Pure.

import { isSameAcrossFamilies } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';
import type { RouterConfiguration } from './messages.js';

/** The way from the routers that run to those that are wanted. */
export interface ReloadPlan {
  readonly leaving: readonly HostedRouter[];
  readonly staying: readonly { readonly hosted: HostedRouter; readonly configuration: RouterConfiguration }[];
  readonly added: readonly RouterConfiguration[];
}

/** Plans the way. A router keeps its state when name, interface, VRID, version and MAC are the same and it keeps a
 *  family. */
export function planReload(running: readonly HostedRouter[], wanted: readonly RouterConfiguration[]): ReloadPlan {
  const byName = new Map(wanted.map((configuration) => [configuration.name, configuration]));
  const staying = running.flatMap((hosted) => {
    const configuration = byName.get(hosted.name);
    return configuration !== undefined && isSame(hosted, configuration) ? [{ hosted, configuration }] : [];
  });
  const kept = new Set(staying.map(({ hosted }) => hosted));
  const keptNames = new Set(staying.map(({ hosted }) => hosted.name));
  return {
    leaving: running.filter((hosted) => !kept.has(hosted)),
    staying,
    added: wanted.filter(({ name }) => !keptNames.has(name)),
  };
}

/** A router that is made anew under its name goes on with the epochs of the one that leaves: they never repeat. */
export function withKnownEpoch(wanted: RouterConfiguration, leaving: readonly HostedRouter[]): RouterConfiguration {
  const known = leaving.find(({ name }) => name === wanted.name)?.epoch ?? 0;
  return { ...wanted, epochFloor: Math.max(wanted.epochFloor, known) };
}

/** Also with addresses of one more family, or of one less. */
function isSame(hosted: HostedRouter, { families, virtualMac }: RouterConfiguration): boolean {
  if (hosted.settings.virtualMac !== virtualMac) return false;
  return isSameAcrossFamilies(hosted.families.map(({ router }) => router.parameters), families);
}

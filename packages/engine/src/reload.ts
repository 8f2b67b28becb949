// What a new configuration means for the routers that run: who leaves, who stays and who is new. Pure.

import { isSameRouter } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';
import type { RouterConfiguration } from './messages.js';

/** The way from the routers that run to those that are wanted. */
export interface ReloadPlan {
  readonly leaving: readonly HostedRouter[];
  readonly staying: readonly { readonly hosted: HostedRouter; readonly configuration: RouterConfiguration }[];
  readonly added: readonly RouterConfiguration[];
}

/** Plans the way. A router keeps its state when name, interface, VRID, version, families and MAC are the same. */
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

function isSame(hosted: HostedRouter, { families, virtualMac }: RouterConfiguration): boolean {
  return (
    hosted.settings.virtualMac === virtualMac &&
    hosted.families.length === families.length &&
    hosted.families.every(({ router }, index) => {
      const next = families[index];
      return next !== undefined && isSameRouter(router.parameters, next);
    })
  );
}

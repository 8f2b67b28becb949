// The words that keepalived appends to a notify script, so that scripts written for it run unchanged.
// Knows only that dialect: what else a hook is given is decided in events.ts.

import type { HookEvent } from '@baton/config';

/** `INSTANCE name STATE priority`: the arguments that follow the configured words of a command hook.
 *  @param priority the effective priority, 0–255 */
export function instanceArguments(router: string, event: HookEvent, priority: number): readonly string[] {
  return ['INSTANCE', router, event.toUpperCase(), String(priority)];
}

/** `GROUP name STATE 0`: the same for a sync group, which has no priority. */
export function groupArguments(group: string, event: HookEvent): readonly string[] {
  return ['GROUP', group, event.toUpperCase(), '0'];
}

// What hooks are told about: a virtual router, or a sync group as a whole. Pure.

import type { SyncGroupSettings } from '@baton/config';

/** One router or one group; names are unique within a kind only. */
export type HookSubject =
  | { readonly kind: 'router'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string };

/** A router as a subject. */
export function routerSubject(name: string): HookSubject {
  return { kind: 'router', name };
}

/** A sync group as a subject. */
export function groupSubject({ name }: Pick<SyncGroupSettings, 'name'>): HookSubject {
  return { kind: 'group', name };
}

/** A text that no other subject has. */
export function subjectKey({ kind, name }: HookSubject): string {
  return `${kind} ${name}`;
}

/** The field by which events name it. */
export function subjectField({ kind, name }: HookSubject): { readonly router: string } | { readonly group: string } {
  return kind === 'router' ? { router: name } : { group: name };
}

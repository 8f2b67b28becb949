// The `key=value` words of scenario lines, and durations. A key is a word of the text and a field of the data; knows
// nothing else of scenarios.

import type { LinkQuality } from './lan.js';
import { AUTHENTICATIONS, type MemberSettings, type NodePlan, type RouterPlan } from './scenario.js';

type ValueKind = 'number' | 'duration' | 'switch' | 'word';

/** What a key in the text means: the field it fills, and how its value is written. */
export interface Key<Field extends string> {
  readonly key: string;
  readonly field: Field;
  readonly kind: ValueKind;
  /** What may be said, when it is a word. */
  readonly words?: readonly string[];
}

/** The keys of a member; a change takes the first four. */
export const MEMBER_KEYS: readonly Key<keyof MemberSettings>[] = [
  { key: 'priority', field: 'priority', kind: 'number' },
  { key: 'interval', field: 'intervalMs', kind: 'duration' },
  { key: 'preempt', field: 'preempt', kind: 'switch' },
  { key: 'preempt-delay', field: 'preemptDelayMs', kind: 'duration' },
  { key: 'startup-delay', field: 'startupDelayMs', kind: 'duration' },
];

/** The keys of a node. */
export const NODE_KEYS: readonly Key<Exclude<keyof NodePlan, 'name' | 'members'>>[] = [
  ...MEMBER_KEYS,
  { key: 'drift-ppm', field: 'driftPpm', kind: 'number' },
  { key: 'latency', field: 'latencyMs', kind: 'duration' },
];

/** The keys of a virtual router. */
export const ROUTER_KEYS: readonly Key<Exclude<keyof RouterPlan, 'name' | 'virtualAddresses'>>[] = [
  { key: 'lan', field: 'lan', kind: 'number' },
  { key: 'vrid', field: 'vrid', kind: 'number' },
  { key: 'version', field: 'version', kind: 'number' },
  { key: 'authentication', field: 'authentication', kind: 'word', words: AUTHENTICATIONS },
  { key: 'unicast', field: 'unicast', kind: 'switch' },
];

/** What a step is limited to. */
export interface Scope {
  readonly lan: number;
  readonly router: string;
}

/** The keys that limit a step. */
export const SCOPE_KEYS: readonly Key<keyof Scope>[] = [
  { key: 'lan', field: 'lan', kind: 'number' },
  { key: 'router', field: 'router', kind: 'word' },
];

/** The keys of a link. */
export const LINK_KEYS: readonly Key<keyof LinkQuality>[] = [
  { key: 'delay', field: 'delayMs', kind: 'duration' },
  { key: 'jitter', field: 'jitterMs', kind: 'duration' },
  { key: 'loss', field: 'loss', kind: 'number' },
  { key: 'duplicate', field: 'duplicate', kind: 'number' },
  { key: 'reorder', field: 'reorder', kind: 'number' },
];

type Value = number | boolean | string;

/** Reads the words of a line.
 *  @returns the fields that were given, or what is wrong */
export function parseSettings<Fields extends object>(
  keys: readonly Key<Extract<keyof Fields, string>>[], words: readonly string[],
): Partial<Fields> | string {
  const values: [string, Value][] = [];
  for (const word of words) {
    const [name, text = ''] = word.split('=');
    const key = keys.find((candidate) => candidate.key === name);
    if (key === undefined) return `"${name ?? ''}" is no setting`;
    const value = parseValue(key, text);
    if (value === undefined) return `"${text}" is no ${key.kind} for ${key.key}`;
    values.push([key.field, value]);
  }
  return Object.fromEntries(values) as Partial<Fields>;
}

/** Writes the settings that differ from the ordinary ones. */
export function formatSettings<Field extends string>(
  keys: readonly Key<Field>[],
  settings: { readonly [Name in Field]?: Value },
  ordinary: { readonly [Name in Field]?: Value },
): string[] {
  return keys.flatMap(({ key, field, kind }) => {
    const value = settings[field];
    return value === undefined || value === ordinary[field] ? [] : [`${key}=${formatValue(kind, value)}`];
  });
}

/** Reads `500ms` or `1.5s`.
 *  @returns ms, or undefined when it is none */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** Writes a duration so that reading it gives the same number. */
export function formatDuration(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${String(durationMs / 1000)}s` : `${String(durationMs)}ms`;
}

function parseValue({ kind, words }: Key<string>, text: string): Value | undefined {
  if (kind === 'duration') return parseDuration(text);
  if (kind === 'switch') return text === 'on' ? true : text === 'off' ? false : undefined;
  if (kind === 'word') return text !== '' && words?.includes(text) !== false ? text : undefined;
  const value = Number(text);
  return text === '' || !Number.isFinite(value) ? undefined : value;
}

function formatValue(kind: ValueKind, value: Value): string {
  if (kind === 'duration') return formatDuration(Number(value));
  return kind === 'switch' ? (value === true ? 'on' : 'off') : String(value);
}

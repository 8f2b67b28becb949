// The text form of one step of a scenario, after its instant: `stop a`, `cut a b lan=2`, `change a priority=50`.

import { PERFECT_LINK, type LinkQuality } from './lan.js';
import { DEFAULT_NODE, NODE_VERBS, type Action, type MemberSettings, type NodeVerb } from './scenario.js';
import {
  formatDuration, formatSettings, LINK_KEYS, MEMBER_KEYS, parseDuration, parseSettings, SCOPE_KEYS, type Scope,
} from './settings.js';

/** Writes what a step does, as it stands after its instant. */
export function formatAction(action: Action): string {
  const scope: Partial<Scope> = action.kind === 'clock' ? {} : action;
  return [...wordsOf(action), ...formatSettings(SCOPE_KEYS, scope, {})].join(' ');
}

/** Reads what a step does.
 *  @returns the step, or what is wrong with it */
export function parseAction(verb: string, words: readonly string[]): Action | string {
  const isScope = (word: string): boolean => SCOPE_KEYS.some(({ key }) => word.startsWith(`${key}=`));
  const scope = parseSettings<Scope>(SCOPE_KEYS, words.filter(isScope));
  if (typeof scope === 'string') return scope;
  const action = parseUnlimited(verb, words.filter((word) => !isScope(word)));
  if (typeof action === 'string') return action;
  const limited = action.kind === 'health' || action.kind === 'change' || action.kind === 'stranger' ? 'router' : 'lan';
  const wrong = Object.keys(scope).find((key) => key !== limited || action.kind === 'clock');
  return wrong === undefined ? { ...action, ...scope } : `"${verb}" has no ${wrong}`;
}

/** The nodes that a step names. */
export function namesIn(action: Action): readonly string[] {
  switch (action.kind) {
    case 'node':
    case 'health':
    case 'clock':
    case 'change': return [action.node];
    case 'cut':
    case 'restore': return [action.from, action.to];
    case 'partition': return action.groups.flat();
    case 'lan': return action.only === undefined ? [] : [action.only.from, action.only.to];
    case 'heal':
    case 'stranger': return [];
  }
}

function wordsOf(action: Action): readonly string[] {
  switch (action.kind) {
    case 'node': return [action.verb, action.node];
    case 'cut':
    case 'restore': return [action.kind, action.from, action.to];
    case 'partition': return ['partition', ...action.groups.map((group) => group.join(' ')).join(' | ').split(' ')];
    case 'heal': return ['heal'];
    case 'lan': {
      const only = action.only === undefined ? [] : [action.only.from, action.only.to];
      return ['lan', ...only, ...formatSettings(LINK_KEYS, action.quality, PERFECT_LINK)];
    }
    case 'health': return ['health', action.node, String(action.adjustment), ...(action.failed ? ['failed'] : [])];
    case 'change': return ['change', action.node, ...formatSettings(MEMBER_KEYS, action.changes, {})];
    case 'clock':
      return ['set-clock', action.node, `${action.stepMs < 0 ? '-' : '+'}${formatDuration(Math.abs(action.stepMs))}`];
    case 'stranger': {
      const { address, priority, intervalMs } = action;
      return ['stranger', address, ...formatSettings(MEMBER_KEYS, { priority, intervalMs }, {})];
    }
  }
}

function parseUnlimited(verb: string, operands: readonly string[]): Action | string {
  const [first = '', second = '', third = ''] = operands;
  if (isNodeVerb(verb)) return { kind: 'node', verb, node: first };
  switch (verb) {
    case 'cut':
    case 'restore': return { kind: verb, from: first, to: second };
    case 'heal': return { kind: 'heal' };
    case 'partition': {
      const groups = operands.join(' ').split('|').map((group) => group.trim().split(' '));
      return { kind: 'partition', groups };
    }
    case 'lan': return parseLan(operands);
    case 'health': {
      const adjustment = Number(second);
      if (!Number.isInteger(adjustment)) return 'an adjustment is an integer';
      return { kind: 'health', node: first, adjustment, failed: third === 'failed' };
    }
    case 'change': {
      const changes = parseSettings<MemberSettings>(MEMBER_KEYS, operands.slice(1));
      return typeof changes === 'string' ? changes : { kind: 'change', node: first, changes };
    }
    case 'set-clock': {
      const sizeMs = parseDuration(second.slice(1));
      if (sizeMs === undefined || !/^[+-]/.test(second)) return 'a clock is set forward or back: +1s, -1s';
      return { kind: 'clock', node: first, stepMs: second.startsWith('-') ? -sizeMs : sizeMs };
    }
    case 'stranger': {
      const settings = parseSettings<MemberSettings>(MEMBER_KEYS, operands.slice(1));
      if (typeof settings === 'string') return settings;
      const { priority = DEFAULT_NODE.priority, intervalMs = DEFAULT_NODE.intervalMs } = settings;
      return { kind: 'stranger', address: first, priority, intervalMs };
    }
    default: return `"${verb}" is nothing that can happen`;
  }
}

function parseLan(operands: readonly string[]): Action | string {
  const names = operands.filter((word) => !word.includes('='));
  const settings = parseSettings<LinkQuality>(LINK_KEYS, operands.slice(names.length));
  if (typeof settings === 'string') return settings;
  const quality = { ...PERFECT_LINK, ...settings };
  const [from, to] = names;
  return { kind: 'lan', quality, ...(from === undefined || to === undefined ? {} : { only: { from, to } }) };
}

function isNodeVerb(word: string): word is NodeVerb {
  return NODE_VERBS.some((verb) => verb === word);
}

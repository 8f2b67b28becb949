// The text form of scenarios, read and written:
//
//   # One sentence: what is proved.
//   lan delay=0.1ms jitter=0ms loss=0 duplicate=0 reorder=0
//   node a priority=200
//   at 10s stop a
//   end 20s
//   trace
//
// What stands after `trace` is the expected trace; a run of the text does not depend on it.

import { LINK_KEYS, NODE_KEYS, formatDuration, formatSettings, parseDuration, parseSettings } from './settings.js';
import { PERFECT_LINK, type LinkQuality } from './lan.js';
import {
  DEFAULT_NODE, DEFAULT_VIRTUAL_ADDRESS, NODE_VERBS, type Action, type NodePlan, type NodeVerb, type Scenario,
  type Step,
} from './scenario.js';

/** A scenario as it lies in a file. */
export interface ScenarioFile {
  readonly scenario: Scenario;
  /** Whether the expected trace contains routine adverts too. */
  readonly showsAdverts: boolean;
  /** Lines after `trace`. */
  readonly expectedTrace: readonly string[];
}

/** A line that cannot be read. */
export class ScenarioError extends Error {
  constructor(line: number, problem: string) {
    super(`line ${String(line)}: ${problem}`);
    this.name = 'ScenarioError';
  }
}

type NodeSettings = Omit<NodePlan, 'name'>;

interface Draft {
  seed: number;
  virtualAddresses: string[];
  nodes: NodePlan[];
  steps: Step[];
  endMs: number | undefined;
  showsAdverts: boolean;
}

/** Reads a scenario.
 *  @throws {ScenarioError} naming the line */
export function parseScenario(text: string): ScenarioFile {
  const lines = text.split('\n');
  const proves = /^# (.+)$/.exec(lines[0] ?? '')?.[1];
  if (proves === undefined) throw new ScenarioError(1, 'says what is proved, after "# "');
  const draft: Draft = {
    seed: 1, virtualAddresses: [], nodes: [], steps: [], endMs: undefined, showsAdverts: false,
  };
  let index = 1;
  for (; index < lines.length && lines[index] !== 'trace'; index += 1) {
    const line = (lines[index] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const problem = readLine(draft, line);
    if (problem !== undefined) throw new ScenarioError(index + 1, problem);
  }
  const { seed, nodes, steps, endMs, showsAdverts } = draft;
  if (endMs === undefined) throw new ScenarioError(lines.length, 'there is no "end <duration>"');
  const virtualAddresses = draft.virtualAddresses.length > 0 ? draft.virtualAddresses : [DEFAULT_VIRTUAL_ADDRESS];
  const expectedTrace = lines.slice(index + 1).filter((line) => line.trim() !== '');
  return { scenario: { proves, seed, virtualAddresses, nodes, steps, endMs }, showsAdverts, expectedTrace };
}

/** Writes a scenario without its trace. */
export function formatScenario({ proves, seed, virtualAddresses, nodes, steps, endMs }: Scenario): string {
  return [
    `# ${proves}`,
    `seed ${String(seed)}`,
    ...virtualAddresses.map((address) => `virtual-address ${address}`),
    ...nodes.map((node) => ['node', node.name, ...formatSettings(NODE_KEYS, node, DEFAULT_NODE)].join(' ')),
    ...steps.map(({ atMs, action }) => `at ${formatDuration(atMs)} ${formatAction(action)}`),
    `end ${formatDuration(endMs)}`,
    '',
  ].join('\n');
}

/** Writes what a step does, as it stands after its instant. */
export function formatAction(action: Action): string {
  switch (action.kind) {
    case 'node': return `${action.verb} ${action.node}`;
    case 'cut':
    case 'restore': return `${action.kind} ${action.from} ${action.to}`;
    case 'partition': return `partition ${action.groups.map((group) => group.join(' ')).join(' | ')}`;
    case 'heal': return 'heal';
    case 'lan': {
      const only = action.only === undefined ? [] : [action.only.from, action.only.to];
      return ['lan', ...only, ...formatSettings(LINK_KEYS, action.quality, PERFECT_LINK)].join(' ');
    }
    case 'health': return `health ${action.node} ${String(action.adjustment)}${action.failed ? ' failed' : ''}`;
    case 'change': return ['change', action.node, ...formatSettings(NODE_KEYS, action.changes, {})].join(' ');
    case 'stranger': {
      const { address, priority, intervalMs } = action;
      return ['stranger', address, ...formatSettings(NODE_KEYS, { priority, intervalMs }, {})].join(' ');
    }
  }
}

/** @returns what is wrong with the line */
function readLine(draft: Draft, line: string): string | undefined {
  const [keyword, ...words] = line.split(/\s+/);
  const [first = '', ...rest] = words;
  switch (keyword) {
    case 'seed': draft.seed = Number(first); return Number.isInteger(draft.seed) ? undefined : 'a seed is an integer';
    case 'virtual-address': draft.virtualAddresses.push(first); return undefined;
    case 'show': draft.showsAdverts = first === 'adverts'; return draft.showsAdverts ? undefined : 'show what?';
    case 'end': draft.endMs = parseDuration(first); return draft.endMs === undefined ? 'end when?' : undefined;
    case 'node': {
      const settings = parseSettings<NodeSettings>(NODE_KEYS, rest);
      if (typeof settings === 'string') return settings;
      draft.nodes.push({ ...DEFAULT_NODE, ...settings, name: first });
      return undefined;
    }
    case 'lan': return readStep(draft, 0, words, 'lan');
    case 'at': {
      const atMs = parseDuration(first);
      const [verb = '', ...operands] = rest;
      if (atMs === undefined) return `"${first}" is no duration`;
      if (atMs < (draft.steps.at(-1)?.atMs ?? 0)) return 'steps stand in the order of their instants';
      return readStep(draft, atMs, operands, verb);
    }
    default: return `"${keyword ?? ''}" is no keyword`;
  }
}

function readStep(draft: Draft, atMs: number, operands: readonly string[], verb: string): string | undefined {
  const action = parseAction(verb, operands);
  if (typeof action === 'string') return action;
  const stranger = namesIn(action).find((name) => !draft.nodes.some((node) => node.name === name));
  if (stranger !== undefined) return `there is no node ${stranger} above`;
  draft.steps.push({ atMs, action });
  return undefined;
}

function parseAction(verb: string, operands: readonly string[]): Action | string {
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
    case 'lan': {
      const names = operands.filter((word) => !word.includes('='));
      const settings = parseSettings<LinkQuality>(LINK_KEYS, operands.slice(names.length));
      if (typeof settings === 'string') return settings;
      const quality = { ...PERFECT_LINK, ...settings };
      const [from, to] = names;
      const only = from === undefined || to === undefined ? {} : { only: { from, to } };
      return { kind: 'lan', quality, ...only };
    }
    case 'health': {
      const adjustment = Number(second);
      if (!Number.isInteger(adjustment)) return 'an adjustment is an integer';
      return { kind: 'health', node: first, adjustment, failed: third === 'failed' };
    }
    case 'change': {
      const changes = parseSettings<NodeSettings>(NODE_KEYS, operands.slice(1));
      return typeof changes === 'string' ? changes : { kind: 'change', node: first, changes };
    }
    case 'stranger': {
      const settings = parseSettings<NodeSettings>(NODE_KEYS, operands.slice(1));
      if (typeof settings === 'string') return settings;
      const { priority = DEFAULT_NODE.priority, intervalMs = DEFAULT_NODE.intervalMs } = settings;
      return { kind: 'stranger', address: first, priority, intervalMs };
    }
    default: return `"${verb}" is nothing that can happen`;
  }
}

function isNodeVerb(word: string): word is NodeVerb {
  return NODE_VERBS.some((verb) => verb === word);
}

function namesIn(action: Action): readonly string[] {
  switch (action.kind) {
    case 'node':
    case 'health':
    case 'change': return [action.node];
    case 'cut':
    case 'restore': return [action.from, action.to];
    case 'partition': return action.groups.flat();
    case 'lan': return action.only === undefined ? [] : [action.only.from, action.only.to];
    case 'heal':
    case 'stranger': return [];
  }
}

// The text form of scenarios, read and written:
//
//   # One sentence: what is proved.
//   lan delay=0.1ms jitter=0ms loss=0 duplicate=0 reorder=0
//   router inside lan=2 vrid=8
//   virtual-address 10.9.1.100
//   group edge web inside
//   node a priority=200
//   member a inside priority=150
//   at 10s stop a
//   end 20s
//   trace
//
// A virtual address belongs to the router above it. Without a `router` line there is one, called web. What stands after
// `trace` is the expected trace; a run of the text does not depend on it. Steps are in action-text.ts.

import { formatAction, namesIn, parseAction } from './action-text.js';
import {
  DEFAULT_NODE, DEFAULT_ROUTER, memberSettings, type GroupPlan, type MemberSettings, type NodePlan, type RouterPlan,
  type Scenario, type Step,
} from './scenario.js';
import {
  formatDuration, formatSettings, MEMBER_KEYS, NODE_KEYS, parseDuration, parseSettings, ROUTER_KEYS,
} from './settings.js';

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

interface Draft {
  seed: number;
  routers: RouterPlan[];
  groups: GroupPlan[];
  reversedLans: number[];
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
    seed: 1, routers: [], groups: [], reversedLans: [], nodes: [], steps: [], endMs: undefined, showsAdverts: false,
  };
  let index = 1;
  for (; index < lines.length && lines[index] !== 'trace'; index += 1) {
    const line = (lines[index] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const problem = readLine(draft, line);
    if (problem !== undefined) throw new ScenarioError(index + 1, problem);
  }
  const { seed, groups, reversedLans, nodes, steps, endMs, showsAdverts } = draft;
  if (endMs === undefined) throw new ScenarioError(lines.length, 'there is no "end <duration>"');
  const routers = (draft.routers.length > 0 ? draft.routers : [DEFAULT_ROUTER]).map(withAddresses);
  const expectedTrace = lines.slice(index + 1).filter((line) => line.trim() !== '');
  const scenario = { proves, seed, routers, groups, reversedLans, nodes, steps, endMs };
  const problem = problemOf(scenario);
  if (problem !== undefined) throw new ScenarioError(lines.length, problem);
  return { scenario, showsAdverts, expectedTrace };
}

/** Writes a scenario without its trace. */
export function formatScenario(scenario: Scenario): string {
  const { proves, seed, routers, groups, reversedLans, nodes, steps, endMs } = scenario;
  return [
    `# ${proves}`,
    `seed ${String(seed)}`,
    ...routers.flatMap((router) => [
      ...(isDefault(routers) ? [] : [
        ['router', router.name, ...formatSettings(ROUTER_KEYS, router, DEFAULT_ROUTER)].join(' '),
      ]),
      ...router.virtualAddresses.map((address) => `virtual-address ${address}`),
    ]),
    ...groups.map((group) => ['group', group.name, ...group.routers].join(' ')),
    ...reversedLans.map((lan) => `reversed-addresses ${String(lan)}`),
    ...nodes.flatMap((node) => [
      ['node', node.name, ...formatSettings(NODE_KEYS, node, DEFAULT_NODE)].join(' '),
      ...node.members.map((member) =>
        ['member', node.name, member.router, ...formatSettings(MEMBER_KEYS, member, {})].join(' ')),
    ]),
    ...steps.map(({ atMs, action }) => `at ${formatDuration(atMs)} ${formatAction(action)}`),
    `end ${formatDuration(endMs)}`,
    '',
  ].join('\n');
}

/** Whether there is nothing to be said about the routers but their addresses. */
function isDefault([first, ...others]: readonly RouterPlan[]): boolean {
  return others.length === 0 && first?.name === DEFAULT_ROUTER.name
    && formatSettings(ROUTER_KEYS, first, DEFAULT_ROUTER).length === 0;
}

function withAddresses(router: RouterPlan): RouterPlan {
  return router.virtualAddresses.length > 0
    ? router : { ...router, virtualAddresses: [`10.9.${String(router.lan - 1)}.100`] };
}

/** What would make an engine refuse or assert, said in words of the text. */
function problemOf({ routers, groups, nodes }: Scenario): string | undefined {
  for (const { name, version, lan, virtualAddresses, authentication } of routers) {
    if (version !== 3 && version !== 2) return `router ${name}: there is no version ${String(version)}`;
    if (lan !== 1 && lan !== 2) return `router ${name}: there is no LAN ${String(lan)}`;
    const isIpv6 = virtualAddresses.some((address) => address.includes(':'));
    if (isIpv6 && version === 2) return `router ${name}: version 2 has no IPv6`;
    if (isIpv6 && !virtualAddresses.some((address) => address.startsWith('fe80:'))) {
      return `router ${name}: one of its IPv6 addresses begins with fe80:`;
    }
    if (authentication === 'password' && version !== 2) return `router ${name}: only version 2 has passwords`;
    if (authentication === 'hmac' && version !== 3) return `router ${name}: only version 3 has trailers`;
    for (const node of nodes) {
      const { priority, intervalMs } = memberSettings(node, name);
      if (priority < 1 || priority > 255) return `node ${node.name}: a priority is 1-255`;
      if (version === 2 && intervalMs % 1000 !== 0) return `node ${node.name}: version 2 counts whole seconds`;
    }
  }
  const known = new Set(routers.map(({ name }) => name));
  const strange = [...groups.flatMap((group) => group.routers), ...nodes.flatMap(({ members }) =>
    members.map(({ router }) => router))].find((name) => !known.has(name));
  return strange === undefined ? undefined : `there is no router ${strange}`;
}

/** @returns what is wrong with the line */
function readLine(draft: Draft, line: string): string | undefined {
  const [keyword, ...words] = line.split(/\s+/);
  const [first = '', ...rest] = words;
  switch (keyword) {
    case 'seed': draft.seed = Number(first); return Number.isInteger(draft.seed) ? undefined : 'a seed is an integer';
    case 'router': return readRouter(draft, first, rest);
    case 'virtual-address': return readAddress(draft, first);
    case 'group': draft.groups.push({ name: first, routers: rest }); return undefined;
    case 'reversed-addresses': draft.reversedLans.push(Number(first)); return undefined;
    case 'show': draft.showsAdverts = first === 'adverts'; return draft.showsAdverts ? undefined : 'show what?';
    case 'end': draft.endMs = parseDuration(first); return draft.endMs === undefined ? 'end when?' : undefined;
    case 'node': {
      const settings = parseSettings<typeof DEFAULT_NODE>(NODE_KEYS, rest);
      if (typeof settings === 'string') return settings;
      draft.nodes.push({ ...DEFAULT_NODE, ...settings, name: first, members: [] });
      return undefined;
    }
    case 'member': return readMember(draft, first, rest);
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

function readRouter(draft: Draft, name: string, words: readonly string[]): string | undefined {
  const settings = parseSettings<Omit<RouterPlan, 'name' | 'virtualAddresses'>>(ROUTER_KEYS, words);
  if (typeof settings === 'string') return settings;
  draft.routers.push({ ...DEFAULT_ROUTER, ...settings, name, virtualAddresses: [] });
  return undefined;
}

function readAddress(draft: Draft, address: string): string | undefined {
  const router = draft.routers.pop() ?? { ...DEFAULT_ROUTER, virtualAddresses: [] };
  draft.routers.push({ ...router, virtualAddresses: [...router.virtualAddresses, address] });
  return undefined;
}

function readMember(draft: Draft, name: string, [router = '', ...words]: readonly string[]): string | undefined {
  const settings = parseSettings<MemberSettings>(MEMBER_KEYS, words);
  if (typeof settings === 'string') return settings;
  const node = draft.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) return `there is no node ${name} above`;
  const members = [...node.members, { ...settings, router }];
  draft.nodes = draft.nodes.map((candidate) => (candidate === node ? { ...node, members } : candidate));
  return undefined;
}

function readStep(draft: Draft, atMs: number, operands: readonly string[], verb: string): string | undefined {
  const action = parseAction(verb, operands);
  if (typeof action === 'string') return action;
  const stranger = namesIn(action).find((name) => !draft.nodes.some((node) => node.name === name));
  if (stranger !== undefined) return `there is no node ${stranger} above`;
  draft.steps.push({ atMs, action });
  return undefined;
}

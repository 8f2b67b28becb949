// Makes a failing scenario small: leaves out what is not needed to break the same rule, first many steps at once, then
// single ones, then nodes, then settings. What is left can be read, and kept as a scenario file.

import { PERFECT_LINK } from './lan.js';
import type { Rule } from './rule.js';
import { DEFAULT_NODE, type Action, type NodePlan, type RouterPlan, type Scenario, type Step } from './scenario.js';
import { runScenario, type RunOptions } from './simulation.js';

/** A scenario that breaks the same rule with as little as could be found.
 *  @param rule the rule that `scenario` breaks */
export function shrink(scenario: Scenario, rule: Rule, options: RunOptions = {}): Scenario {
  const breaks = (candidate: Scenario): boolean => runScenario(candidate, options).violation?.rule === rule;
  let smallest = scenario;
  for (let size = Infinity; size > sizeOf(smallest);) {
    size = sizeOf(smallest);
    smallest = withoutSteps(smallest, breaks);
    smallest = withoutNodes(smallest, breaks);
    smallest = withoutRouters(smallest, breaks);
    smallest = withPlainSettings(smallest, breaks);
  }
  const violation = runScenario(smallest, options).violation;
  if (violation === undefined) return smallest;
  return { ...smallest, endMs: Math.min(smallest.endMs, Math.ceil(violation.atMs)) };
}

type Test = (candidate: Scenario) => boolean;

function withoutSteps(scenario: Scenario, breaks: Test): Scenario {
  let smallest = scenario;
  for (let chunk = Math.ceil(scenario.steps.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let start = smallest.steps.length - chunk; start > -chunk; start -= chunk) {
      const from = Math.max(start, 0);
      const steps = smallest.steps.filter((_, index) => index < from || index >= from + chunk);
      const candidate = { ...smallest, steps };
      if (steps.length < smallest.steps.length && breaks(candidate)) smallest = candidate;
    }
  }
  return smallest;
}

/** Only the last node can go without changing the addresses of others. */
function withoutNodes(scenario: Scenario, breaks: Test): Scenario {
  let smallest = scenario;
  while (smallest.nodes.length > 1) {
    const name = smallest.nodes.at(-1)?.name ?? '';
    const steps = smallest.steps.flatMap((step) => withoutNode(step, name));
    const candidate = { ...smallest, nodes: smallest.nodes.slice(0, -1), steps };
    if (!breaks(candidate)) break;
    smallest = candidate;
  }
  return smallest;
}

/** Routers, groups and addresses that are not needed go. */
function withoutRouters(scenario: Scenario, breaks: Test): Scenario {
  let smallest = scenario;
  const tryOut = (candidate: Scenario): void => {
    if (breaks(candidate)) smallest = candidate;
  };
  tryOut({ ...smallest, groups: [] });
  tryOut({ ...smallest, reversedLans: [] });
  for (const { name } of scenario.routers) if (smallest.routers.length > 1) tryOut(withoutRouter(smallest, name));
  for (const { name } of smallest.routers) {
    const plain = (router: RouterPlan): RouterPlan =>
      router.name === name ? { ...router, authentication: 'none', unicast: false } : router;
    tryOut({ ...smallest, routers: smallest.routers.map(plain) });
  }
  return smallest;
}

function withoutRouter(scenario: Scenario, name: string): Scenario {
  return {
    ...scenario,
    routers: scenario.routers.filter((router) => router.name !== name),
    groups: scenario.groups.map((group) => ({ ...group, routers: group.routers.filter((member) => member !== name) })),
    nodes: scenario.nodes.map((node) =>
      ({ ...node, members: node.members.filter(({ router }) => router !== name) })),
    steps: scenario.steps.filter(({ action }) => !('router' in action) || action.router !== name),
  };
}

function withoutNode(step: Step, name: string): Step[] {
  const { action } = step;
  if (mentions(action, name)) return [];
  if (action.kind !== 'partition') return [step];
  const groups = action.groups.map((group) => group.filter((member) => member !== name));
  return [{ ...step, action: { ...action, groups: groups.filter((group) => group.length > 0) } }];
}

function mentions(action: Action, name: string): boolean {
  if ('node' in action) return action.node === name;
  if (action.kind === 'cut' || action.kind === 'restore') return action.from === name || action.to === name;
  return action.kind === 'lan' && (action.only?.from === name || action.only?.to === name);
}

function withPlainSettings(scenario: Scenario, breaks: Test): Scenario {
  let smallest = scenario;
  const tryOut = (candidate: Scenario): void => {
    if (breaks(candidate)) smallest = candidate;
  };
  tryOut({ ...smallest, nodes: smallest.nodes.map((node) => ({ ...node, members: [] })) });
  for (const index of scenario.nodes.keys()) {
    for (const field of PLAIN_FIELDS) {
      const plain = (node: NodePlan, at: number): NodePlan =>
        at === index ? { ...node, [field]: DEFAULT_NODE[field] } : node;
      tryOut({ ...smallest, nodes: smallest.nodes.map(plain) });
    }
  }
  for (const index of smallest.steps.keys()) {
    const plain = (step: Step, at: number): Step => {
      const { action } = step;
      return at === index && action.kind === 'lan' ? { ...step, action: { ...action, quality: PERFECT_LINK } } : step;
    };
    tryOut({ ...smallest, steps: smallest.steps.map(plain) });
  }
  return smallest;
}

const PLAIN_FIELDS = ['latencyMs', 'driftPpm', 'startupDelayMs', 'preemptDelayMs', 'preempt'] as const;

function sizeOf({ nodes, steps }: Scenario): number {
  return nodes.length + steps.length;
}

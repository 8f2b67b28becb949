// The failures that an operator can ask about, in words: `kill lb-a`, `cut lb-a lb-b`, `loss 30% 10s`. Each becomes the
// steps of a play.

import { PERFECT_LINK } from './lan.js';
import type { Action, Step } from './scenario.js';
import { parseDuration } from './settings.js';

/** One failure. */
export interface Failure {
  /** As it was asked. */
  readonly text: string;
  /** What happens, with instants counted from the failure. */
  readonly steps: readonly Step[];
  /** How long it lasts, ms; undefined when it is not undone. */
  readonly lastsMs: number | undefined;
}

/** What can be asked, for the help and for errors. */
export const FAILURE_FORMS = [
  'kill NODE', 'stop NODE', 'power-off NODE', 'pause NODE [6s]', 'link-down NODE [INTERFACE] [10s]',
  'cut NODE OTHER [10s]', 'partition NODE [10s]', 'loss PERCENT% [10s]',
] as const;

/** How long a pause lasts when nothing is said, ms. */
const PAUSE_MS = 6000;

/** What the words may name. */
export interface Named {
  readonly nodes: readonly string[];
  /** Number of the LAN of an interface of a node; undefined when there is none. */
  readonly lanOf: (node: string, interfaceName: string) => number | undefined;
}

/** Reads a failure.
 *  @returns what is wrong, as a sentence, when it cannot be read */
export function parseFailure(text: string, named: Named): Failure | string {
  const [verb = '', ...operands] = text.trim().split(/\s+/);
  const last = operands.at(-1) ?? '';
  const saidMs = parseDuration(last);
  const words = saidMs === undefined ? operands : operands.slice(0, -1);
  const parsed = parse(verb, words, named);
  if (typeof parsed === 'string') return `'${text}': ${parsed}`;
  const lastsMs = saidMs ?? (verb === 'pause' ? PAUSE_MS : undefined);
  const isFinal = parsed.undo.length === 0;
  if (isFinal && saidMs !== undefined) return `'${text}': ${verb} is not undone, leave ${last} away`;
  const steps = [
    ...parsed.begin.map((action) => ({ atMs: 0, action })),
    ...(lastsMs === undefined ? [] : parsed.undo.map((action) => ({ atMs: lastsMs, action }))),
  ];
  return { text: text.trim(), steps, lastsMs };
}

interface Parsed {
  readonly begin: readonly Action[];
  readonly undo: readonly Action[];
}

function parse(verb: string, words: readonly string[], named: Named): Parsed | string {
  if (verb === 'loss') return parseLoss(words);
  const [node = '', second, ...rest] = words;
  const form = FAILURE_FORMS.find((candidate) => candidate.startsWith(`${verb} `));
  if (form === undefined) return `there is no such failure; one of: ${FAILURE_FORMS.join(' · ')}`;
  if (rest.length > 0 || node === '') return `write it as ${form}`;
  const unknown = [node, ...(verb === 'cut' ? [second ?? ''] : [])].find((name) => !named.nodes.includes(name));
  if (unknown !== undefined) return `there is no node '${unknown}'; there are ${named.nodes.join(', ')}`;
  switch (verb) {
    case 'link-down': return parseLinkDown(node, second, named);
    case 'cut': return { begin: [{ kind: 'cut', from: node, to: second ?? '' }], undo: restoreOf(node, second ?? '') };
    default: return second === undefined ? simple(verb, node, named) : `write it as ${form}`;
  }
}

function restoreOf(from: string, to: string): readonly Action[] {
  return [{ kind: 'restore', from, to }];
}

function simple(verb: string, node: string, { nodes }: Named): Parsed | string {
  switch (verb) {
    case 'kill': return { begin: [{ kind: 'node', verb: 'crash', node }], undo: [] };
    case 'stop': return { begin: [{ kind: 'node', verb: 'stop', node }], undo: [] };
    case 'power-off': return {
      begin: [{ kind: 'node', verb: 'crash', node }, { kind: 'node', verb: 'link-down', node }], undo: [],
    };
    case 'pause': return {
      begin: [{ kind: 'node', verb: 'pause', node }], undo: [{ kind: 'node', verb: 'resume', node }],
    };
    default: return {
      begin: [{ kind: 'partition', groups: [[node], nodes.filter((name) => name !== node)] }], undo: [{ kind: 'heal' }],
    };
  }
}

function parseLinkDown(node: string, interfaceName: string | undefined, { lanOf }: Named): Parsed | string {
  const lan = interfaceName === undefined ? undefined : lanOf(node, interfaceName);
  if (interfaceName !== undefined && lan === undefined) return `${node} has no router on '${interfaceName}'`;
  const scope = lan === undefined ? {} : { lan };
  return {
    begin: [{ kind: 'node', verb: 'link-down', node, ...scope }],
    undo: [{ kind: 'node', verb: 'link-up', node, ...scope }],
  };
}

function parseLoss([percent = '', ...rest]: readonly string[]): Parsed | string {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(percent);
  const loss = Number(match?.[1]) / 100;
  if (match === null || loss > 1 || rest.length > 0) return 'write it as loss PERCENT% [10s], with 0-100 percent';
  return {
    begin: [{ kind: 'lan', quality: { ...PERFECT_LINK, loss } }], undo: [{ kind: 'lan', quality: PERFECT_LINK }],
  };
}

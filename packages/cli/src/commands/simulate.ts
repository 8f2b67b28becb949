// `baton simulate`: plays scenario files, recordings, or configuration files with a failure, in virtual time on the
// engine that runs in production. Needs no privileges, no daemon and no network.

import { readFileSync } from 'node:fs';
import { BatonError, describeError, EXIT, type ExitCode } from '@baton/base';
import { formatFinding, loadConfiguration, type Configuration } from '@baton/config';
import {
  ask, checkScenario, parseFailure, parseRecording, replay, ReplayError, ScenarioError, setUpConfigured,
  type ConfiguredNode, type Failure, type NodeSetup,
} from '@baton/simulator';
import type { CliErrorCode } from '../exit-codes.js';
import { formatAnswer, formatDeed, formatNodes, toJson } from '../simulation-report.js';

/** Options of `baton simulate`. */
export interface SimulateOptions {
  /** Failures to ask about; every one of its own. */
  readonly fail?: readonly string[];
  /** Nodes that share one file. */
  readonly node?: readonly string[];
  readonly seed?: number;
  readonly phases?: number;
  readonly trace?: boolean;
  readonly json?: boolean;
}

/** Moments of one interval at which a failure is let happen. */
export const DEFAULT_PHASES = 100;
/** More nodes than this are no pair any more. */
const MAX_NODES = 5;

/** Plays the files.
 *  @throws {BatonError<CliErrorCode>} when they cannot be read or make no sense together */
export function simulate(files: readonly string[], options: SimulateOptions): ExitCode {
  const [first = ''] = files;
  if (first.endsWith('.txt') || first.endsWith('.jsonl')) {
    if (files.length > 1) throw usage(`${first} is played alone`, 'give one scenario or recording at a time');
    if (options.fail !== undefined || options.node !== undefined) {
      throw usage(`${first} says itself what happens`, 'leave --fail and --node away');
    }
    return first.endsWith('.txt') ? playScenario(first, options) : playRecording(first, options);
  }
  return answerQuestions(files, options);
}

function playScenario(file: string, { seed, trace: showsTrace, json }: SimulateOptions): ExitCode {
  const text = read(file);
  const { proves, run, trace, expectedTrace } = understood(file, () =>
    checkScenario(text, seed === undefined ? {} : { seed }));
  const isCompared = seed === undefined && expectedTrace.length > 0;
  const isExpected = !isCompared || trace.join('\n') === expectedTrace.join('\n');
  const isGood = isExpected && run.violation === undefined;
  const digest = run.trace.digest();
  if (json === true) {
    const broken = run.violation ?? null;
    print(JSON.stringify({ file, proves, as_expected: isCompared ? isExpected : null, broken, digest, trace }));
  } else {
    if (showsTrace === true || !isGood || !isCompared) print(...trace);
    const verdict = run.violation !== undefined ? `breaks the rule ${run.violation.rule}`
      : !isExpected ? 'does not happen as it is written' : isCompared ? 'happens as it is written' : 'breaks no rule';
    print(`${file} ${verdict}: ${proves}`, `digest ${digest}`);
  }
  return isGood ? EXIT.done : EXIT.failed;
}

function playRecording(file: string, { json }: SimulateOptions): ExitCode {
  const text = read(file);
  const deeds = understood(file, () => replay(parseRecording(text)));
  for (const deed of deeds) print(json === true ? JSON.stringify(deed) : formatDeed(deed));
  return EXIT.done;
}

/** What a file is refused for names the file; a replay that goes another way is a failure, not a bad file. */
function understood<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ReplayError) {
      const hint = 'it was recorded by another version of Baton: replay it with that one';
      throw new BatonError<CliErrorCode>('ERR_CLI_REFUSED', `${file}: ${error.message}`, { cause: error, hint });
    }
    if (error instanceof ScenarioError || error instanceof SyntaxError) throw usage(`${file}: ${error.message}`);
    throw error;
  }
}

function answerQuestions(files: readonly string[], options: SimulateOptions): ExitCode {
  const configured = loadNodes(files, options.node);
  if (configured === undefined) return EXIT.invalidConfiguration;
  const nodes = setUpConfigured(configured);
  const failures = (options.fail ?? usualFailures(nodes)).map((text) => readFailure(text, nodes));
  const { seed = 1, phases = DEFAULT_PHASES } = options;
  if (options.json !== true) print(...formatNodes(nodes), '');
  const answers = failures.map((failure) => {
    const answer = ask({ nodes, failure, phases, seed });
    const style = { phases, showsTrace: options.trace === true };
    if (options.json !== true) print(...formatAnswer(failure, answer, style), '');
    return { failure, answer };
  });
  if (options.json === true) print(JSON.stringify(toJson(nodes, answers, { phases, seed })));
  return EXIT.done;
}

/** When nothing is asked: what most people want to know of the node that will be master. */
function usualFailures(nodes: readonly NodeSetup[]): readonly string[] {
  const priority = ({ routers }: NodeSetup): number => routers[0]?.families[0].priority ?? 0;
  const best = nodes.toSorted((a, b) => priority(b) - priority(a))[0]?.name ?? '';
  return [`kill ${best}`, `stop ${best}`, `link-down ${best}`];
}

function readFailure(text: string, nodes: readonly NodeSetup[]): Failure {
  const failure = parseFailure(text, {
    nodes: nodes.map(({ name }) => name),
    lanOf: (node, interfaceName) =>
      nodes.find(({ name }) => name === node)?.interfaces.find(({ name }) => name === interfaceName)?.lan,
  });
  if (typeof failure === 'string') throw usage(`--fail ${failure}`);
  return failure;
}

/** @returns undefined when a file is not valid: the findings are on standard error then */
function loadNodes(files: readonly string[], names: readonly string[] | undefined): ConfiguredNode[] | undefined {
  const [shared = ''] = files;
  if (files.length > 1 && names !== undefined) throw usage('--node is for one file that several nodes share');
  const asked = files.length > 1 ? files.map((file) => ({ file, node: undefined }))
    : (names ?? sharers(shared))?.map((node) => ({ file: shared, node }));
  if (asked === undefined) return undefined;
  if (asked.length > MAX_NODES) throw usage(`there are ${String(asked.length)} nodes; at most ${String(MAX_NODES)}`);
  const loaded = asked.map(({ file, node }) => load(file, node));
  if (loaded.includes(undefined)) return undefined;
  const nodes = loaded.flatMap((configuration) => configuration ?? []);
  const twice = nodes.find(({ node }, index) => nodes.findIndex((other) => other.node === node) !== index);
  if (twice !== undefined) throw usage(`two files are of the node ${twice.node}`, 'give each its own `node`');
  return nodes.map(({ node, routers, syncGroups, peers }) => ({ name: node, routers, syncGroups, peers }));
}

/** The nodes that one file is for: the one that it names, and its peers. */
function sharers(file: string): readonly string[] | undefined {
  const configuration = load(file, undefined);
  return configuration === undefined
    ? undefined : [configuration.node, ...configuration.peers.map(({ node }) => node)];
}

function load(file: string, node: string | undefined): Configuration | undefined {
  const result = loadConfiguration(file, node === undefined ? {} : { node });
  if (result.ok) return result.configuration;
  for (const finding of result.findings) process.stderr.write(`${formatFinding(finding)}\n`);
  const whose = node === undefined ? '' : ` for node ${node}`;
  process.stderr.write(`${file} cannot be used${whose}\n`);
  return undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw usage(`cannot read ${file}: ${describeError(cause)}`);
  }
}

function usage(message: string, hint?: string): BatonError<CliErrorCode> {
  return new BatonError<CliErrorCode>('ERR_CLI_USAGE', message, hint === undefined ? {} : { hint });
}

function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

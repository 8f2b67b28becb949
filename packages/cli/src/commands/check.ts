// `baton check`: everything that is wrong or doubtful in a file, at once. Needs no privileges and no daemon.

import { EXIT, type ExitCode } from '@baton/base';
import { checkPair, formatFinding, loadConfiguration } from '@baton/config';
import type { Configuration, Finding, PairCheck } from '@baton/config';

/** Options of `baton check`. */
export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Check the file as this node reads it. */
  readonly node?: string;
  /** File of another node, to be compared. */
  readonly peer?: string;
}

/** Checks a file; findings go to standard error, with `json` to standard output. */
export function check(file: string, options: CheckOptions): ExitCode {
  const result = loadConfiguration(file, options.node === undefined ? {} : { node: options.node });
  const { peer: peerFile } = options;
  const pair = result.ok && peerFile !== undefined ? checkPair(result.configuration, file, peerFile) : undefined;
  const findings = [...result.ok ? result.warnings : result.findings, ...pair?.findings ?? []];
  const isGood = result.ok && pair?.ok !== false;
  if (options.json === true) {
    const node = result.ok ? result.configuration.node : null;
    const peer = peerFile === undefined ? {} : { peer: { file: peerFile, node: pair?.peer?.node ?? null } };
    process.stdout.write(`${JSON.stringify({ file, ok: isGood, node, ...peer, findings })}\n`);
  } else {
    for (const finding of findings) process.stderr.write(`${formatFinding(finding)}\n`);
    if (isGood) process.stdout.write(`${summary(file, result.configuration, pair, findings)}\n`);
    else process.stderr.write(`${subject(file, peerFile, pair)} cannot be used: ${counts(findings)}\n`);
  }
  return isGood ? EXIT.done : EXIT.invalidConfiguration;
}

function summary(
  file: string, configuration: Configuration, pair: PairCheck | undefined, findings: readonly Finding[],
): string {
  const { node, routers, hooks, peers } = configuration;
  const parts = [count(routers.length, 'virtual router'), count(peers.length, 'peer'), count(hooks.length, 'hook')];
  const together = pair?.peer === undefined ? '' : ` together with ${pair.peer.node}`;
  const doubts = findings.length === 0 ? '' : `; ${counts(findings)}`;
  return `${file} is good for node ${node}${together}: ${parts.join(', ')}${doubts}`;
}

/** What cannot be used: one of the files, or only both together. */
function subject(file: string, peerFile: string | undefined, pair: PairCheck | undefined): string {
  if (pair === undefined || peerFile === undefined) return file;
  return pair.peer === undefined ? peerFile : `${file} together with ${peerFile}`;
}

function counts(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  const parts = [[errors, 'error'], [warnings, 'warning']] as const;
  return parts.filter(([number]) => number > 0).map(([number, thing]) => count(number, thing)).join(', ');
}

function count(number: number, thing: string): string {
  return `${String(number)} ${thing}${number === 1 ? '' : 's'}`;
}

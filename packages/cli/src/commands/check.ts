// `baton check`: everything that is wrong or doubtful in a file, at once. Needs no privileges and no daemon.

import { EXIT, type ExitCode } from '@baton/base';
import { formatFinding, loadConfiguration } from '@baton/config';
import type { Finding, LoadResult } from '@baton/config';

/** Options of `baton check`. */
export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Check the file as this node reads it. */
  readonly node?: string;
}

/** Checks a file; findings go to standard error, with `json` to standard output. */
export function check(file: string, options: CheckOptions): ExitCode {
  const result = loadConfiguration(file, options.node === undefined ? {} : { node: options.node });
  const findings = result.ok ? result.warnings : result.findings;
  if (options.json === true) {
    const node = result.ok ? result.configuration.node : null;
    process.stdout.write(`${JSON.stringify({ file, ok: result.ok, node, findings })}\n`);
  } else {
    for (const finding of findings) process.stderr.write(`${formatFinding(finding)}\n`);
    if (result.ok) process.stdout.write(`${summary(file, result)}\n`);
    else process.stderr.write(`${file} cannot be used: ${counts(findings)}\n`);
  }
  return result.ok ? EXIT.done : EXIT.invalidConfiguration;
}

function summary(file: string, result: Extract<LoadResult, { ok: true }>): string {
  const { node, routers, hooks, peers } = result.configuration;
  const parts = [count(routers.length, 'virtual router'), count(peers.length, 'peer'), count(hooks.length, 'hook')];
  const doubts = result.warnings.length === 0 ? '' : `; ${counts(result.warnings)}`;
  return `${file} is good for node ${node}: ${parts.join(', ')}${doubts}`;
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

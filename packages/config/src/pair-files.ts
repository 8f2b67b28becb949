// From the configuration files of two nodes to what only both together show, each at its place in the first file.

import type { Configuration, Finding } from './configuration.js';
import { Findings, WHOLE_FILE, type Place } from './findings.js';
import { findNodeName, loadConfiguration, readTree, type LoadOptions } from './load.js';
import { comparePair } from './pair.js';
import type { SourceNode } from './source.js';

/** What is wrong or doubtful about two files together; errors of the second one stop the comparison. */
export interface PairCheck {
  /** Without errors. */
  readonly ok: boolean;
  readonly peer: Configuration | undefined;
  readonly findings: readonly Finding[];
}

/** Reads the file of another node, and compares it with the configuration of this one. The second file is read as the
 *  node that it names, or else as the only peer of the first one: both may be the same file.
 *  @param own what the first file means
 *  @param file the first file, as findings shall name it */
export function checkPair(own: Configuration, file: string, peerFile: string): PairCheck {
  const node = findNodeName(peerFile) ?? (own.peers.length === 1 ? own.peers[0]?.node : undefined);
  const options: LoadOptions = node === undefined ? {} : { node };
  const loaded = loadConfiguration(peerFile, options);
  if (!loaded.ok) return { ok: false, peer: undefined, findings: loaded.findings };
  const findings = new Findings(file);
  const root = readTree(own.file, new Findings(own.file));
  for (const { severity, code, key, message } of comparePair(own, loaded.configuration)) {
    const at = root === undefined ? { ...WHOLE_FILE, key } : locate(root, key);
    if (severity === 'error') findings.error(code, at, message);
    else findings.warning(code, at, message);
  }
  return { ok: !findings.hasErrors(), peer: loaded.configuration, findings: findings.inFileOrder() };
}

/** The place of a key, or that of the map in which it is not given. */
function locate(root: SourceNode, key: string): Place {
  let node = root;
  let rest = key;
  while (node.kind === 'map' && rest !== '') {
    // Names may hold dots: the longest key that fits is the one.
    const fitting = node.entries.filter((entry) => rest === entry.key || rest.startsWith(`${entry.key}.`))
      .toSorted((a, b) => b.key.length - a.key.length)[0];
    if (fitting === undefined) break;
    node = fitting.value;
    rest = rest.slice(fitting.key.length + 1);
  }
  return { line: node.at.line, column: node.at.column, key };
}

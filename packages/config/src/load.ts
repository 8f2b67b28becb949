// From a path to a configuration, or to everything that is wrong with it at once. Reads the file and, of the machine,
// only its host name, the hook programs and the files of secrets.

import { isUtf8 } from 'node:buffer';
import { constants, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Finding, LoadResult } from './configuration.js';
import { errnoOf } from './errno.js';
import { Findings, quote, WHOLE_FILE } from './findings.js';
import { file as fileType, DEFAULT_RUNTIME_DIRECTORY, DEFAULT_STATE_DIRECTORY } from './schema/file.js';
import { NAME_PATTERN } from './schema/names.js';
import { placeOf, type PerNodeKey } from './schema/value-type.js';
import { readSource } from './source.js';
import type { Position, SourceNode } from './source.js';
import { toConfiguration } from './to-configuration.js';
import { reportUnserved } from './unserved-node.js';
import { validate } from './validate.js';

/** Largest configuration file, bytes. */
export const MAX_FILE_BYTES = 1_048_576;

/** What the caller knows better than the file. */
export interface LoadOptions {
  /** Name of this node; instead of the key `node` and of the short host name. */
  readonly node?: string;
}

/** Reads and checks a configuration file, for the node that it names, or else for the short host name. Never throws on
 *  what a file holds.
 *  @param file absolute, or relative to the working directory; findings name it as it was given
 *  @returns the configuration with its warnings, or all findings, errors and warnings, in the order of the file */
export function loadConfiguration(file: string, options: LoadOptions = {}): LoadResult {
  const findings = new Findings(file);
  const text = readText(file, findings);
  if (text === undefined) return { ok: false, findings: findings.inFileOrder() };
  return interpretConfiguration(text, file, options);
}

/** As loadConfiguration, for a text that stands in `file` or could. */
export function interpretConfiguration(text: string, file: string, options: LoadOptions = {}): LoadResult {
  const findings = new Findings(file);
  const root = readSource(text, findings);
  if (root === undefined) return { ok: false, findings: findings.inFileOrder() };
  const absolute = resolve(file);
  const directory = dirname(absolute);
  const node = nodeName(root, options, findings);
  const peers = keysOf(entry(root, 'peers'));
  const perNode: PerNodeKey[] = [];
  const draft = fileType.read(root, '', { node, knownNodes: [node, ...peers], perNode, findings });
  reportUnserved(perNode, { node, isSpelled: node === spelledNode(root), peers }, findings);
  const read = draft === null ? undefined : validate(draft, { node, directory }, findings);
  if (draft === null || read === undefined || findings.hasErrors()) {
    return { ok: false, findings: findings.inFileOrder() };
  }
  const configuration = toConfiguration(draft, { node, file: absolute, directory, ...read });
  return { ok: true, configuration, warnings: findings.inFileOrder() };
}

/** Where a daemon keeps its socket and its journal. */
export interface DaemonDirectories {
  /** Absolute. */
  readonly runtimeDirectory: string;
  /** Absolute. */
  readonly stateDirectory: string;
  /** Why a default had to be taken; undefined when the file could be asked, whatever else is wrong in it. */
  readonly problem: Finding | undefined;
}

/** The directories that a file names, even if everything else in it is wrong; their defaults where it names none or
 *  cannot be read. For commands that look for a daemon. Never throws. */
export function findDaemonDirectories(file: string, options: LoadOptions = {}): DaemonDirectories {
  const findings = new Findings(file);
  const root = readTree(file, findings);
  const doubts = root === undefined ? findings : new Findings(file);
  const find = (key: string, otherwise: string): string => {
    const named = root === undefined ? undefined : entry(root, key);
    if (root === undefined || named === undefined) return otherwise;
    const own = named.kind === 'map' ? entry(named, nodeName(root, options, doubts)) : named;
    if (own?.kind === 'scalar' && typeof own.value === 'string' && own.value !== '') {
      return resolve(dirname(resolve(file)), own.value);
    }
    doubts.error('wrong-type', placeOf((own ?? named).at, key), 'must be a path');
    return otherwise;
  };
  return {
    runtimeDirectory: find('runtime_directory', DEFAULT_RUNTIME_DIRECTORY),
    stateDirectory: find('state_directory', DEFAULT_STATE_DIRECTORY),
    problem: doubts.inFileOrder()[0],
  };
}

/** The node that a file names; undefined when it names none, or cannot be read. Never throws. */
export function findNodeName(file: string): string | undefined {
  const root = readTree(file, new Findings(file));
  return root === undefined ? undefined : spelledNode(root);
}

/** The values of a file with their places; undefined when it cannot be read, with the reasons among the findings. */
export function readTree(file: string, findings: Findings): SourceNode | undefined {
  const text = readText(file, findings);
  return text === undefined ? undefined : readSource(text, findings);
}

function spelledNode(root: SourceNode): string | undefined {
  const named = entry(root, 'node');
  return named?.kind === 'scalar' && typeof named.value === 'string' ? named.value : undefined;
}

function nodeName(root: SourceNode, options: LoadOptions, findings: Findings): string {
  const named = entry(root, 'node');
  const node = options.node ?? spelledNode(root);
  if (node !== undefined) return node;
  const [shortHostName = ''] = hostname().split('.');
  if (named === undefined && !NAME_PATTERN.test(shortHostName)) {
    const host = quote(shortHostName);
    const message = `is not given, and the host name ${host} cannot stand for it; give the node a name here`;
    findings.error('missing-key', placeOf(WHOLE_FILE, 'node'), message);
  }
  return shortHostName;
}

function readText(file: string, findings: Findings): string | undefined {
  const bytes = readBytes(file, findings);
  if (bytes === undefined) return undefined;
  if (isUtf8(bytes)) return new TextDecoder('utf-8').decode(bytes);
  findings.error('not-utf-8', { ...firstWrongByte(bytes), key: '' }, 'the file is not UTF-8 text');
  return undefined;
}

function readBytes(file: string, findings: Findings): Buffer | undefined {
  try {
    const { mode, size } = statSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
      findings.error('unreadable-file', WHOLE_FILE, 'this is not a regular file; give the path of one with -c');
      return undefined;
    }
    if (size <= MAX_FILE_BYTES) return readFileSync(file);
    const sizes = `${String(size)} of at most ${String(MAX_FILE_BYTES)} bytes`;
    findings.error('file-too-large', WHOLE_FILE, `the file is larger than a configuration can be (${sizes})`);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const [finding, message] = explainUnreadable(errno);
    findings.error(finding, WHOLE_FILE, message);
    return undefined;
  }
}

/** Code and message for an error of stat(2) or read(2). */
function explainUnreadable(errno: string): readonly [string, string] {
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['missing-file', 'there is no such file; create it, or give the path of another one with -c'];
    case 'EACCES':
    case 'EPERM':
      return ['unreadable-file', 'this user may not read the file; grant it read permission, or run this as root'];
    default:
      return ['unreadable-file', `the file cannot be read (${errno}); give the path of another one with -c`];
  }
}

function firstWrongByte(bytes: Buffer): Position {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.subarray(start, end);
    if (!isUtf8(text)) return { line, column: text.toString('utf8').indexOf('\uFFFD') + 1 };
    if (newline < 0) return { line, column: 1 };
    start = end + 1;
  }
}

function entry(node: SourceNode, key: string): SourceNode | undefined {
  return node.kind === 'map' ? node.entries.find((candidate) => candidate.key === key)?.value : undefined;
}

function keysOf(node: SourceNode | undefined): readonly string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : [];
}

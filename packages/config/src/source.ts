// Turns the text of a file into a plain tree in which every value knows its line and column. The only file that knows
// the YAML library: duplicate keys, aliases and their limits, tags, nesting and syntax errors are settled here. Knows
// nothing of Baton's vocabulary.

import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { Alias, Document, Node, YAMLMap } from 'yaml';
import { quote, shorten, WHOLE_FILE } from './findings.js';
import type { Findings } from './findings.js';
import { offsetOfDeepNesting } from './nesting.js';

/** A position in the text, both 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What one word of the file means by itself. */
export type ScalarValue = string | number | boolean | null;

/** A value of the file with its place. Maps are entry lists: keys such as `__proto__` are only text. */
export type SourceNode =
  | { readonly kind: 'scalar'; readonly value: ScalarValue; readonly text: string; readonly at: Position }
  | { readonly kind: 'list'; readonly items: readonly SourceNode[]; readonly at: Position }
  | { readonly kind: 'map'; readonly entries: readonly SourceEntry[]; readonly at: Position };

/** One key of a map; keys are unique in their map. */
export interface SourceEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

/** Most values in one file, aliases expanded. */
export const MAX_VALUES = 100_000;
/** Deepest nesting of maps and lists. */
export const MAX_DEPTH = 32;
/** Most syntax errors reported: the first ones cause the rest. */
const MAX_SYNTAX_ERRORS = 10;
/** Longest message of the YAML library that is passed on, characters: it quotes the file at length. */
const MAX_SYNTAX_MESSAGE = 160;

/** Reads YAML 1.2 (core schema, without merge keys).
 *  @returns the tree of the only document, or undefined; every reason is then among the findings. Never throws. */
export function readSource(text: string, findings: Findings): SourceNode | undefined {
  const lines = new LineCounter();
  const documents = parseDocuments(text, lines, findings);
  if (documents === undefined) return undefined;
  const [document, second] = documents;
  const syntaxErrors = documents.flatMap((each) => each.errors);
  for (const error of syntaxErrors.slice(0, MAX_SYNTAX_ERRORS)) {
    const message = `this is not YAML: ${shorten(error.message, MAX_SYNTAX_MESSAGE)}`;
    findings.error('syntax-error', { ...position(lines, error.pos[0]), key: '' }, message);
  }
  if (syntaxErrors.length > 0) return undefined;
  if (second !== undefined) {
    const at = position(lines, second.range[0]);
    const message = 'a second document begins here; a configuration is a single one';
    findings.error('several-documents', { ...at, key: '' }, message);
    return undefined;
  }
  if (document === undefined || document.contents === null || isEmptyScalar(document.contents)) {
    findings.error('empty-file', WHOLE_FILE, 'the file holds no configuration');
    return undefined;
  }
  return new TreeReader(lines, findings).read(document.contents);
}

function parseDocuments(text: string, lines: LineCounter, findings: Findings): readonly Document.Parsed[] | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeepAt = offsetOfDeepNesting(tokens, MAX_DEPTH);
  if (tooDeepAt !== undefined) {
    findings.error('nested-too-deeply', { ...position(lines, tooDeepAt), key: '' }, tooDeep());
    return undefined;
  }
  // Keys are compared in TreeReader: the library does it in quadratic time.
  return [...new Composer({ uniqueKeys: false, logLevel: 'error' }).compose(tokens)];
}

/** Walks one parsed document; null means that the reason has been reported. */
class TreeReader {
  #values = 0;
  #refused = false;
  /** Nodes by anchor, as far as the walk has come. */
  readonly #anchors = new Map<string, Node>();
  #insideAlias = false;
  readonly #lines: LineCounter;
  readonly #findings: Findings;

  constructor(lines: LineCounter, findings: Findings) {
    this.#lines = lines;
    this.#findings = findings;
  }

  read(root: Node): SourceNode | undefined {
    const node = this.#node(root, '', 0);
    return this.#refused || node === null ? undefined : node;
  }

  #node(node: Node | null, key: string, depth: number): SourceNode | null {
    if (this.#refused) return null;
    const at = position(this.#lines, node?.range?.[0] ?? 0);
    this.#values += 1;
    if (this.#values > MAX_VALUES) return this.#refuse('too-many-values', at, key, tooMany());
    if (depth > MAX_DEPTH) return this.#refuse('nested-too-deeply', at, key, tooDeep());
    if (node === null) return { kind: 'scalar', value: null, text: '', at };
    if (isAlias(node)) return this.#alias(node, at, key, depth);
    if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) {
      return this.#refuse('unknown-tag', at, key, `the tag ${quote(node.tag)} has no meaning here`);
    }
    const read = this.#content(node, at, key, depth);
    // Only now: an alias inside its own anchor would have no end.
    if (node.anchor !== undefined && !this.#insideAlias) this.#anchors.set(node.anchor, node);
    return read;
  }

  #content(node: Node, at: Position, key: string, depth: number): SourceNode | null {
    if (isMap(node)) return this.#map(node, at, key, depth);
    if (isSeq(node)) return this.#list(node.items, at, key, depth);
    if (isScalar(node)) return this.#scalar(node.value, node.source, at, key);
    return this.#refuse('unknown-tag', at, key, 'a value of this kind has no meaning here');
  }

  #alias(alias: Alias, at: Position, key: string, depth: number): SourceNode | null {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      return this.#refuse('unknown-anchor', at, key, `no anchor ${quote(alias.source)} stands before this alias`);
    }
    const outermost = !this.#insideAlias;
    this.#insideAlias = true;
    const node = this.#node(target, key, depth + 1);
    if (outermost) this.#insideAlias = false;
    return node;
  }

  #map(map: YAMLMap, at: Position, key: string, depth: number): SourceNode | null {
    const entries: SourceEntry[] = [];
    const firstLines = new Map<string, number>();
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null;
      const keyAt = position(this.#lines, keyNode?.range?.[0] ?? map.range?.[0] ?? 0);
      if (!isScalar(keyNode) || keyNode.value === null) {
        this.#refuse('wrong-key', keyAt, key, 'a key must be plain text');
        continue;
      }
      const name = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? '');
      const path = key === '' ? name : `${key}.${name}`;
      const firstLine = firstLines.get(name);
      if (firstLine !== undefined) {
        const message = `this key was already given in line ${String(firstLine)}`;
        this.#findings.error('duplicate-key', { ...keyAt, key: path }, message);
        continue;
      }
      firstLines.set(name, keyAt.line);
      const value = this.#node((pair.value as Node | null) ?? null, path, depth + 1);
      if (value === null) continue;
      const empty = pair.value === null || (value.kind === 'scalar' && value.text === '' && value.value === null);
      entries.push({ key: name, keyAt, value: empty && value.kind === 'scalar' ? { ...value, at: keyAt } : value });
    }
    return { kind: 'map', entries, at };
  }

  #list(items: readonly unknown[], at: Position, key: string, depth: number): SourceNode | null {
    const read = items.map((item, index) => this.#node(item as Node | null, `${key}[${String(index)}]`, depth + 1));
    return { kind: 'list', items: read.filter((item) => item !== null), at };
  }

  #scalar(value: unknown, source: string | undefined, at: Position, key: string): SourceNode | null {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', value, text: source ?? (value === null ? '' : String(value)), at };
    }
    return this.#refuse('unknown-tag', at, key, 'binary and other tagged values have no meaning here');
  }

  #refuse(code: string, at: Position, key: string, message: string): null {
    this.#refused = true;
    this.#findings.error(code, { ...at, key }, message);
    return null;
  }
}

function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function tooMany(): string {
  return `more than ${String(MAX_VALUES)} values, aliases expanded`;
}

function tooDeep(): string {
  return `nested deeper than ${String(MAX_DEPTH)} levels`;
}

// Reads the closed vocabularies out of the source: reasons, error codes and statistics, each word with the comment
// above it. A vocabulary is an exported union of string literals, or a constant array of them, with a name that ends in
// Reason, Remark, ErrorCode or AlarmName; the statistics are the table STATISTICS. What is generated from it can
// therefore never be out of date unnoticed.
import ts from 'typescript';
import { filesBelow, packageOf, parse } from './sources.mjs';

const VOCABULARY = /(Reason|Remark|ErrorCode|FindingCode|HookEvent|AlarmName)$/u;

/** @typedef {{ word: string, meaning: string }} Word */
/** @typedef {{ name: string, package: string, file: string, meaning: string, words: Word[] }} Vocabulary */

/** Every vocabulary of the packages, in the order of their paths.
 *  @returns {Vocabulary[]} */
export function readVocabularies() {
  return filesBelow('packages', /\/src\/.*(?<!\.test)\.ts$/u).flatMap((file) => {
    const source = parse(file);
    const aliases = source.statements.filter(ts.isTypeAliasDeclaration);
    return aliases.filter(({ name }) => VOCABULARY.test(name.text)).map((alias) => ({
      name: alias.name.text,
      package: packageOf(file),
      file,
      meaning: commentBetween(source, alias.pos, alias.getStart(source)),
      words: wordsOf(source, alias.type),
    }));
  }).filter(({ words }) => words.length > 0);
}

/** The rows of the table STATISTICS, each as its string properties.
 *  @returns {Record<string, string>[]} */
export function readStatistics() {
  const file = 'packages/vrrp/src/statistics.ts';
  const source = parse(file);
  const rows = arrayNamed(source, 'STATISTICS').filter(ts.isObjectLiteralExpression);
  return rows.map((row) => Object.fromEntries(
    row.properties.filter(ts.isPropertyAssignment)
      .map(({ name, initializer }) => [name.getText(source), literal(initializer)]),
  ));
}

function wordsOf(source, type) {
  const array = /^\(?typeof (\w+)\)?\[number\]$/u.exec(type.getText(source))?.[1];
  const nodes = array !== undefined ? arrayNamed(source, array) : ts.isUnionTypeNode(type) ? [...type.types] : [type];
  const words = nodes.map((node, index) => {
    const value = ts.isLiteralTypeNode(node) ? node.literal : node;
    const begin = nodes[index - 1]?.end ?? node.parent.pos;
    return { value, meaning: commentBetween(source, begin, node.getStart(source)) };
  });
  return words.filter(({ value }) => ts.isStringLiteral(value))
    .map(({ value, meaning }) => ({ word: value.text, meaning }));
}

/** The elements of `const name = [ … ] as const`; none when there is no such array. */
function arrayNamed(source, name) {
  const statements = source.statements.filter(ts.isVariableStatement);
  const declarations = statements.flatMap(({ declarationList }) => [...declarationList.declarations]);
  let value = declarations.find((declaration) => declaration.name.getText(source) === name)?.initializer;
  while (value !== undefined && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
  return value !== undefined && ts.isArrayLiteralExpression(value) ? [...value.elements] : [];
}

function literal(node) {
  return ts.isStringLiteralLike(node) ? node.text : node.getText();
}

/** The last documentation comment between two positions, as one line; empty when there is none. */
function commentBetween(source, begin, end) {
  const text = /^.*\/\*\*(.*?)\*\//su.exec(source.text.slice(begin, end))?.[1] ?? '';
  return text.split('\n').map((line) => line.replace(/^\s*\*?\s*/u, '').trim()).join(' ').trim();
}

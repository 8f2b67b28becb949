// The cases of the project's conformance list, and where each is a named test: a case counts when its id stands in a
// string of a test file, such as the name of a test (`B07`, `F03, F14`) or a row of a table of tests; ids in comments
// do not count. Knows nothing of what they ask.
import ts from 'typescript';
import { filesBelow, parse } from './sources.mjs';

/** Case ids by how they are judged, as in the conformance list. */
const CASES = {
  'bytes and pure engine': 'A01-A14 A17-A18 B01-B17 B19 B21-B26 B28-B40 B42-B46 B48 C01-C07 C09-C12 C15-C17 D01-D09 '
    + 'E01-E09 E11-E13 E16-E17 F01-F05 F07-F15 F17-F18 F20-F24 F26-F27 F29 J01-J05 J07-J08',
  'live in namespaces': 'A15-A16 A19-A20 E19-E22 G01-G07 G09-G15 H01-H03 H05-H10 I01-I10',
};

/** Cases without a test, and why. */
export const UNTESTED = new Map([
  ['G12', 'the guardian comes with the last will and the lease'],
  ['H06', 'router advertisements are not sent: a load balancer is no default gateway (deviation)'],
  ['I03', 'needs keepalived 2.2.8 or later, Debian 12 has 2.2.7; the form itself is B22, B24 and A04'],
  ['I09', 'the dual mode of RFC 9568 §8.4.2 is optional and not built'],
]);

/** Ids that the list leaves out. */
const ABSENT = new Set(['C08', 'F06', 'F16', 'B18', 'B20', 'B27', 'B41', 'B47', 'J06']);

/** Every case id with how it is judged, in the order of the list. */
export function conformanceCases() {
  return Object.entries(CASES).flatMap(([judged, ranges]) =>
    ranges.split(' ').flatMap(expand).filter((id) => !ABSENT.has(id)).map((id) => ({ id, judged })))
    .toSorted((a, b) => a.id.localeCompare(b.id));
}

function expand(range) {
  const [first, last = first] = range.split('-');
  const [from, to] = [Number(first.slice(1)), Number(last.slice(1))];
  return Array.from({ length: to - from + 1 }, (_, index) => `${first[0]}${String(from + index).padStart(2, '0')}`);
}

/** Every test file with the strings in it that name a case or a requirement.
 *  @returns {{ file: string, names: { cases: string[], requirements: string[] }[] }[]} */
export function namedInTests() {
  const files = [...filesBelow('packages', /\/src\/.*\.test\.ts$/u), ...filesBelow('e2e', /\.e2e\.ts$/u)];
  const known = new Set(conformanceCases().map(({ id }) => id));
  return files.map((file) => {
    const names = stringsOf(parse(file)).map((text) => ({
      cases: (text.match(/\b[A-J]\d{2}\b/gu) ?? []).filter((id) => known.has(id)),
      requirements: text.match(/\[(?:RFC\d+-[\d.]+|BATON-[a-z]+)-\d+\]/gu) ?? [],
    }));
    return { file, names: names.filter(({ cases, requirements }) => cases.length + requirements.length > 0) };
  });
}

function stringsOf(node) {
  const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
  const strings = isText ? [node.text] : [];
  ts.forEachChild(node, (child) => { strings.push(...stringsOf(child)); });
  return strings;
}

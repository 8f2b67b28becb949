// Makes docs/protocol.md: the prose and the requirements stand in docs/protocol.template.md; where each requirement is
// decided, which tests would notice, and which test holds which conformance case is read from the source.
import { basename } from 'node:path';
import { UNTESTED, conformanceCases, namedInTests } from './conformance.mjs';
import { filesBelow, textOf } from './sources.mjs';

export const TEMPLATE = 'docs/protocol.template.md';

const REQUIREMENT_ROW = /^\| \[((?:RFC\d+-[\d.]+|BATON-[a-z]+)-\d+)\] \| (.*) \|$/u;
const HEAD = '| id | requirement, in our words |';
const CASES_MARK = '<!-- conformance cases -->';

/** The page, as it follows from the template and the source. */
export function protocolPage() {
  const code = codeFiles();
  const tests = namedInTests();
  const lines = textOf(TEMPLATE).split('\n').flatMap((line, index, all) => {
    if (line === HEAD) return [`${HEAD} code | test |`];
    if (all[index - 1] === HEAD) return ['|---|---|---|---|'];
    if (line === CASES_MARK) return caseTable(tests);
    const [, id, requirement] = REQUIREMENT_ROW.exec(line) ?? [];
    if (id === undefined) return [line];
    return [`| [${id}] | ${requirement} | ${decidedIn(`[${id}]`, code)} | ${noticedBy(`[${id}]`, tests)} |`];
  });
  return lines.join('\n');
}

/** The cases that no test names, except those with a reason. */
export function untestedCases() {
  const tests = namedInTests();
  const named = new Set(tests.flatMap(({ names }) => names.flatMap(({ cases }) => cases)));
  return conformanceCases().map(({ id }) => id).filter((id) => !named.has(id) && !UNTESTED.has(id));
}

function codeFiles() {
  const paths = filesBelow('packages', /\/src\/.*\.ts$/u).filter((path) => !/\.(test|fixture)\.ts$/u.test(path));
  return paths.map((path) => ({ path, text: textOf(path) }));
}

function decidedIn(id, code) {
  return code.filter(({ text }) => text.includes(id)).map(({ path }) => shown(path)).join(', ');
}

function noticedBy(id, tests) {
  return tests.flatMap(({ file, names }) => {
    const naming = names.filter(({ requirements }) => requirements.includes(id));
    if (naming.length === 0) return [];
    const cases = [...new Set(naming.flatMap((name) => name.cases))].toSorted();
    return [[shown(file), ...cases].join(' ')];
  }).join(', ');
}

function caseTable(tests) {
  const rows = conformanceCases().map(({ id, judged }) => {
    const files = tests.filter(({ names }) => names.some(({ cases }) => cases.includes(id)));
    const where = files.map(({ file }) => shown(file)).join(', ');
    return `| ${id} | ${judged} | ${where === '' ? `none: ${UNTESTED.get(id) ?? 'missing'}` : where} |`;
  });
  return ['| case | judged by | test |', '|---|---|---|', ...rows];
}

/** The core's files by their name alone; the others with their package. */
function shown(path) {
  const [, owner = 'e2e'] = /^packages\/([^/]+)\//u.exec(path) ?? [];
  return owner === 'vrrp' ? `\`${basename(path)}\`` : `\`${owner}/${basename(path)}\``;
}

// The rules of the project's tree that no other tool holds. Each rule is a function from files to violations, sentences
// that name the file; it reads nothing itself, so that the test can show it a bad file.

/** @typedef {{ path: string, text: string }} File path from the root of the checkout */

/** Lines of prose; a drawing, indented by two spaces or more, does not count. */
const HEAD_LINES_MAX = 6;
const VAGUE_NAMES = ['utils', 'util', 'helpers', 'helper', 'types', 'common', 'manager', 'misc', 'shared'];
const REQUIREMENT = /\[(?:RFC\d+-[\d.]+|BATON-[a-z]+)-\d+\]/gu;
/** Packages that return values and never log: floors 0 to 2. */
const SILENT = /^packages\/(base|vrrp|linux|net|config)\//u;

/** Tests have no head, and what they name counts as tested. */
const isTest = (path) => /\.(test\.(ts|mjs)|e2e\.ts)$/u.test(path);

/** Every source file says at its head what it decides: a comment of 1 to 6 lines, after the interpreter line if there
 *  is one.
 *  @param {File[]} files */
export function filesWithoutHead(files) {
  return files.filter(({ path }) => !isTest(path)).flatMap(({ path, text }) => {
    const lines = text.replace(/^#!.*\n/u, '').split('\n');
    const head = lines.slice(0, lines.findIndex((line) => !line.startsWith('//')));
    const prose = head.filter((line) => /^\/\/ ?\S/u.test(line)).length;
    if (prose === 0) return [`${path} has no comment at its head`];
    return prose > HEAD_LINES_MAX ? [`${path} has a head of ${prose} lines; ${HEAD_LINES_MAX} are enough`] : [];
  });
}

/** File and directory names are kebab-case nouns of the domain.
 *  @param {File[]} files */
export function badNames(files) {
  return files.flatMap(({ path }) => {
    const words = path.split('/').flatMap((name) => name.split('.')).filter((word) => word !== '');
    return words.filter((word) => VAGUE_NAMES.includes(word) || !/^[a-z0-9-]+$/u.test(word))
      .map((word) => `${path}: "${word}" is not a noun of the domain in kebab-case`);
  });
}

/** Nothing is left for later in a comment, and nothing tells of the machine it was written on.
 *  @param {File[]} files */
export function leftovers(files) {
  // Put together from halves, so that this file does not accuse itself.
  const forbidden = [`TO${'DO'}`, `FIX${'ME'}`, `XX${'X:'}`, `/wo${'rk/'}`, `registry${'.npm'}`];
  return files.flatMap(({ path, text }) => forbidden.filter((word) => text.includes(word))
    .map((word) => `${path} contains ${word}`));
}

/** A door is an entry of the package's exports; index.ts exists for doors only and says whom each part is for.
 *  @param {File[]} files sources
 *  @param {{ directory: string, exports: string[] }[]} packages exports: source paths of the doors, from the root of
 *    the checkout */
export function badDoors(files, packages) {
  const doors = new Set(packages.flatMap(({ exports }) => exports));
  const paths = new Set(files.map(({ path }) => path));
  const missing = [...doors].filter((door) => !paths.has(door)).map((door) => `${door} is exported but not there`);
  const indexes = files.filter(({ path }) => /^packages\/.*\/index\.ts$/u.test(path));
  const closed = indexes.filter(({ path }) => !doors.has(path)).map(({ path }) => `${path} is not exported: no door`);
  const silent = indexes.filter(({ text }) => !/^\/\/.*for (users|other packages)/mu.test(text))
    .map(({ path }) => `${path} does not say what is "for users" and what is "for other packages"`);
  return [...missing, ...closed, ...silent];
}

/** A statistic that nobody counts, or whose counting nobody tests, is a lie.
 *  @param {File[]} files @param {string[]} names */
export function unusedStatistics(files, names) {
  const row = (name) => new RegExp(`name: '${name}'`, 'gu');
  const word = (name) => new RegExp(`\\b${name}\\b`, 'u');
  const mentions = (name, list) => list.some(({ text }) => word(name).test(text.replace(row(name), '')));
  const code = files.filter(({ path }) => !isTest(path));
  const tests = files.filter(({ path }) => isTest(path));
  return names.flatMap((name) => [
    ...(mentions(name, code) ? [] : [`nothing counts the statistic ${name}`]),
    ...(mentions(name, tests) ? [] : [`no test mentions the statistic ${name}`]),
  ]);
}

/** Every requirement that the code claims to implement has a test and a line in the protocol page, and every such line
 *  is kept.
 *  @param {File[]} files @param {string} protocol text of docs/protocol.md */
export function brokenRequirements(files, protocol) {
  const idsIn = (texts) => new Set(texts.flatMap((text) => text.match(REQUIREMENT) ?? []));
  const claimed = idsIn(files.filter(({ path }) => !isTest(path)).map(({ text }) => text));
  const tested = idsIn(files.filter(({ path }) => isTest(path)).map(({ text }) => text));
  const documented = idsIn([protocol]);
  return [
    ...[...claimed].filter((id) => !tested.has(id)).map((id) => `${id} is claimed in code, but has no test`),
    ...[...documented].filter((id) => !tested.has(id)).map((id) => `${id} stands in docs/protocol.md, but has no test`),
    ...[...new Set([...claimed, ...tested])].filter((id) => !documented.has(id))
      .map((id) => `${id} is missing from docs/protocol.md`),
  ];
}

/** The lower floors return what happened; whoever decides logs it, once.
 *  @param {File[]} files */
export function loggingBelow(files) {
  return files.filter(({ path }) => SILENT.test(path) && !isTest(path) && path !== 'packages/base/src/log.ts')
    .filter(({ text }) => /\bconsole\.|\blogger?\.(error|warn|info|debug)\(/u.test(text))
    .map(({ path }) => `${path} logs, although its package returns values`);
}

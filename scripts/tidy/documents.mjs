// Turns the vocabularies into the pages of docs/generated. The same pages are compared with the committed ones by the
// tidy test.
import { readStatistics, readVocabularies } from './vocabularies.mjs';

const NOTE = 'Generated from the source by `npm run docs`; edit the comments there.';

/** The pages of docs/generated.
 *  @returns {Map<string, string>} file name to content */
export function generatedDocuments() {
  // What the lab throws concerns nobody outside of it.
  const vocabularies = readVocabularies().filter((vocabulary) => vocabulary.package !== 'lab');
  const errors = vocabularies.filter(({ name }) => name.endsWith('ErrorCode'));
  const reasons = vocabularies.filter(({ name }) => !name.endsWith('ErrorCode'));
  return new Map([
    ['reasons.md', page('Reasons', 'The tokens that log, event, metric, hook and command line share.', reasons)],
    ['errors.md', page('Error codes', 'Operating errors carry a code. Match on it, never on the text.', errors)],
    ['statistics.md', statisticsPage()],
  ]);
}

function page(title, intro, vocabularies) {
  const sections = vocabularies.map(({ name, file, meaning, words }) => [
    `## ${name}`,
    '',
    `${meaning === '' ? '' : `${meaning} `}(\`${file}\`)`,
    '',
    table(['token', 'meaning'], words.map(({ word, meaning: means }) => [`\`${word}\``, means])),
  ].join('\n'));
  return [`# ${title}`, '', intro, NOTE, '', sections.join('\n'), ''].join('\n').trimEnd().concat('\n');
}

function statisticsPage() {
  const code = (word) => (word === undefined ? '' : `\`${word}\``);
  const rows = readStatistics().map(({ name, leaf, meaning }) => [code(name), code(leaf), meaning]);
  const intro = 'What every virtual router counts, as `baton status --json` shows it; RFC 8347 calls the same so.';
  return ['# Statistics', '', intro, NOTE, '', table(['statistic', 'RFC 8347', 'meaning'], rows)].join('\n');
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

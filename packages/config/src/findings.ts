// Collects what is wrong or doubtful in one file and turns it into lines for an operator. Knows no vocabulary and no
// YAML.

import type { Configuration, Finding } from './configuration.js';

/** Where something stands in the file: 1-based line and column, and the dotted path of its key. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly key: string;
}

/** The place of things that concern the whole file. */
export const WHOLE_FILE: Place = { line: 1, column: 1, key: '' };

/** Most findings reported for one file; a last one then says that there are more. */
export const MAX_FINDINGS = 200;

/** The findings of one file, in the order they were made. */
export class Findings {
  readonly #file: string;
  readonly #made: Finding[] = [];
  #omittedErrors = 0;
  #omittedWarnings = 0;

  /** @param file as the findings shall name it */
  constructor(file: string) {
    this.#file = file;
  }

  error(code: string, place: Place, message: string): void {
    this.#add('error', code, place, message);
  }

  warning(code: string, place: Place, message: string): void {
    this.#add('warning', code, place, message);
  }

  /** True when at least one finding is an error, kept or omitted. */
  hasErrors(): boolean {
    return this.#omittedErrors > 0 || this.#made.some((finding) => finding.severity === 'error');
  }

  /** All findings from the top of the file to its end. */
  inFileOrder(): readonly Finding[] {
    const sorted = [...this.#made].sort((a, b) => a.line - b.line || a.column - b.column);
    const omitted = this.#omittedErrors + this.#omittedWarnings;
    if (omitted === 0) return sorted;
    const severity = this.#omittedErrors > 0 ? 'error' : 'warning';
    const message = `${String(omitted)} more findings are not shown; correct these first`;
    return [...sorted, { severity, code: 'too-many-findings', file: this.#file, ...WHOLE_FILE, message }];
  }

  #add(severity: Finding['severity'], code: string, place: Place, message: string): void {
    if (this.#made.length < MAX_FINDINGS) {
      const { line, column, key } = place;
      this.#made.push({ severity, code, file: this.#file, line, column, key, message });
    } else if (severity === 'error') {
      this.#omittedErrors += 1;
    } else {
      this.#omittedWarnings += 1;
    }
  }
}

/** One finding as a line: `baton.yaml:7:11: error: virtual_routers.web.vrid: must be an integer 1..255, not 300`.
 *  Control characters from the file are written as escapes. */
export function formatFinding(finding: Finding): string {
  const where = `${finding.file}:${String(finding.line)}:${String(finding.column)}`;
  const what = finding.key === '' ? finding.message : `${finding.key}: ${finding.message}`;
  return escapeControls(`${where}: ${finding.severity}: ${what}`);
}

/** Where a key of an accepted file stands, as a finding begins: `/etc/baton/baton.yaml:7:11`.
 *  @param key one of `places`; the file alone for any other */
export function formatPlace({ file, places }: Pick<Configuration, 'file' | 'places'>, key: string): string {
  const at = places[key];
  return escapeControls(at === undefined ? file : `${file}:${String(at.line)}:${String(at.column)}`);
}

/** A piece of the file inside a message, in quotation marks. */
export function quote(text: string): string {
  return `'${shorten(text)}'`;
}

/** A piece of the file inside a message, at most `maxLength` characters of it. */
export function shorten(text: string, maxLength = 60): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 3)}...` : text;
}

function escapeControls(text: string): string {
  return text.replace(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

// Describes the vocabulary for people (a table) and for editors (a JSON schema), from the same entries that read the
// file.

import { file } from './schema/file.js';
import { spell } from './schema/coming-keys.js';
import type { FieldDescription, JsonSchema, KeysInside } from './schema/value-type.js';

/** The JSON schema (draft 2020-12) of a configuration file. */
export function jsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Baton configuration',
    ...file.jsonSchema,
  };
}

/** The reference of every key, as Markdown. */
export function markdownReference(): string {
  const rows = file.keys === undefined ? [] : keyRows(file.keys, '');
  return [
    '# Configuration reference', '',
    'Generated from the schema. `NAME` stands for a name that you choose, `[]` for an entry of a list.',
    'Every plain value (except `node`) and every list may be a map with one value per node:',
    '`priority: {lb-a: 254, lb-b: 253}`.', '',
    '| key | value | default | meaning |', '|---|---|---|---|', ...rows, '',
  ].join('\n');
}

function keyRows({ fields, coming }: KeysInside, parent: string): readonly string[] {
  const own = Object.entries(fields).flatMap(([name, field]) => {
    const { keys } = field.type;
    const inner = keys === undefined ? [] : keyRows(keys, `${parent}${name}${keys.under}.`);
    return [row(parent + name, field), ...inner];
  });
  const later = Object.entries(coming).map(([name, unused]) =>
    `| \`${parent}${name}\` | only ${unused.map(spell).join(' or ')} |  | Not supported by this version |`);
  return [...own, ...later];
}

function row(key: string, field: FieldDescription): string {
  const value = field.type.short.replaceAll('|', '\\|');
  return `| \`${key}\` | ${value} | ${defaultText(field)} | ${field.doc.replaceAll('|', '\\|')} |`;
}

function defaultText(field: FieldDescription): string {
  if (field.required) return 'required';
  if (field.default === undefined) return '';
  return `\`${typeof field.default === 'object' ? JSON.stringify(field.default) : String(field.default)}\``;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { jsonSchema, markdownReference } from './reference.js';

const GENERATED = join(__dirname, '../../../docs/generated');
const REMEDY = 'out of date? run: node packages/config/dist/generate.js';

describe('the generated documentation is that of the present schema', () => {
  test('baton.schema.json', () => {
    const text = `${JSON.stringify(jsonSchema(), null, 2)}\n`;
    expect({ [REMEDY]: readFileSync(join(GENERATED, 'baton.schema.json'), 'utf8') }).toEqual({ [REMEDY]: text });
  });

  test('configuration.md', () => {
    expect({ [REMEDY]: readFileSync(join(GENERATED, 'configuration.md'), 'utf8') }).toEqual(
      { [REMEDY]: markdownReference() });
  });

  test('a key inside a list inside a map of names is found under its whole path', () => {
    expect(markdownReference()).toContain('| `virtual_routers.NAME.addresses[].label` |');
  });
});

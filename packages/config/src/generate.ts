// Writes the generated documentation of the configuration into docs/generated. A unit test fails when it is out of
// date.

import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchema, markdownReference } from './reference.js';

const directory = new URL('../../../docs/generated/', import.meta.url);
mkdirSync(directory, { recursive: true });
writeFileSync(new URL('baton.schema.json', directory), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
writeFileSync(new URL('configuration.md', directory), markdownReference());

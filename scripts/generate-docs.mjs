// `npm run docs`: writes docs/generated and docs/protocol.md from the source.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/run.mjs';
import { generatedDocuments } from './tidy/documents.mjs';
import { protocolPage } from './tidy/protocol.mjs';

const directory = join(root, 'docs', 'generated');
mkdirSync(directory, { recursive: true });
for (const [name, content] of generatedDocuments()) writeFileSync(join(directory, name), content);
writeFileSync(join(root, 'docs', 'protocol.md'), protocolPage());

// `baton run`: this process becomes the engine. It loads nothing that the engine does not need.

import { fileURLToPath } from 'node:url';
import { assertNever, EXIT } from '@baton/base';
import { runEngine } from '@baton/engine';
import { endWhenOutputIsLost } from './lost-output.js';
import { readRunArguments, RUN_HELP } from './run-arguments.js';

/** The bundled programs lie side by side: see scripts/setup/bundle.mjs. */
function programPath(name: 'agent' | 'observer'): string {
  return fileURLToPath(new URL(`./programs/${name}.cjs`, import.meta.url));
}

const request = readRunArguments(process.argv.slice(3));
switch (request.kind) {
  case 'run':
    runEngine({
      agentProgram: programPath('agent'),
      agentArguments: ['-c', request.configurationFile],
      observerProgram: programPath('observer'),
    });
    break;
  case 'help':
    endWhenOutputIsLost();
    process.stdout.write(RUN_HELP);
    break;
  case 'usage-error':
    endWhenOutputIsLost();
    process.stderr.write(`baton run: ${request.message}\n\n${RUN_HELP}`);
    process.exitCode = EXIT.usage;
    break;
  default:
    assertNever(request);
}

// Decides what each set-up mode needs and in which order it is brought about.
import { buildPackages } from './build.mjs';
import { ensureDebianPackages } from './debian-packages.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './run.mjs';

const MODES = ['demo', 'test', 'build'];

/** Brings the checkout into the state that `mode` needs. Prints a line only for a step that had something to do.
 *  @param {string} mode `demo`, `test` or `build`
 *  @returns {Promise<number>} exit code: 0 ready, 1 something is missing (said on stderr with the command that cures
 *    it), 2 usage */
export async function setUp(mode) {
  if (!MODES.includes(mode)) {
    console.error('usage: node scripts/setup.mjs demo|test|build');
    return 2;
  }
  try {
    await withLock(async () => {
      await ensureDebianPackages(mode);
      await ensureDependencies();
      await buildPackages();
    });
    return 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    return 1;
  }
}

// One child of the fleet: plays the ranges that it is sent and answers each with a summary. Ends with its parent.

import { runSeeds, type SeedRange } from './fuzz.js';

process.on('message', (range: SeedRange) => {
  process.send?.(runSeeds(range));
});
process.on('disconnect', () => {
  process.exit(0);
});

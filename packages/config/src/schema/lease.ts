// The lease of virtual addresses as the file spells it: `auto`, whole seconds, or `0s` for none.

import { duration } from './duration.js';
import type { ValueType } from './value-type.js';

const seconds = duration({ min: '1s', max: '1h', stepMs: 1000, zero: 'no lease' });
const AUTO = 'auto';

/** `auto`, or milliseconds; 0 = no lease. */
export const lease: ValueType<number | typeof AUTO> = {
  allowed: `auto or ${seconds.allowed}`, short: `auto, or ${seconds.short}`, perNode: true,
  jsonSchema: { anyOf: [{ const: AUTO }, seconds.jsonSchema] },
  read(node, key, reading) {
    return node.kind === 'scalar' && node.value === AUTO ? AUTO : seconds.read(node, key, reading);
  },
};

// A file that was read value by value, before anybody has asked whether the values go together.

import { assert, type IpAddress } from '@baton/base';
import type { file } from './schema/file.js';
import type { hook } from './schema/hook.js';
import type { route } from './schema/route.js';
import type { Located, ValueType } from './schema/value-type.js';
import type { virtualRouter } from './schema/virtual-router.js';

type ValueOf<Type> = Type extends ValueType<infer T> ? T : never;

/** A file whose values are right one by one; what was wrong is absent. */
export type DraftFile = ValueOf<typeof file>;
/** One router of such a file. */
export type DraftRouter = ValueOf<typeof virtualRouter>;
/** One route of such a router. */
export type DraftRoute = ValueOf<typeof route>;
/** One hook of such a file. */
export type DraftHook = ValueOf<typeof hook>;

/** A node by the address that a file gives it. */
export interface NodeAddress {
  readonly node: string;
  readonly address: IpAddress;
}

/** The nodes of a file, as one of them sees it. */
export interface NodeAddresses {
  /** This node, when it stands among `peers`. */
  readonly own: NodeAddress | undefined;
  readonly others: readonly NodeAddress[];
}

/** The nodes that a file names under `peers`. */
export function nodeAddresses({ peers }: DraftFile, node: string): NodeAddresses {
  const all = (peers?.value ?? []).map(({ name, value: { address } }) => ({ node: name, address }));
  return { own: all.find((each) => each.node === node), others: all.filter((each) => each.node !== node) };
}

/** The value of a key that validation has found good, or that has a default. */
export function given<T>(located: Located<T> | undefined): T {
  assert(located !== undefined, 'a configuration without errors has a value for every key');
  return located.value;
}

// Broken invariants end the process: a router that is wrong about itself must not go on advertising.

/** Thrown when the program contradicts itself. Never caught inside the process that threw it. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantError';
  }
}

/** Asserts an invariant, in production too.
 *  @throws {InvariantError} naming the invariant */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(`invariant broken: ${invariant}`);
}

/** Ends a switch over a closed union: reaching it is a compile error, and an InvariantError at run time. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected variant: ${JSON.stringify(value)}`);
}

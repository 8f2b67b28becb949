// A reading that the kernel refused, as a value: where something is to be changed, that is a refusal like any other.

import { isBatonError } from '@baton/base';

/** Makes the attempt, and tells the errno of a reading that failed in it.
 *  @throws whatever else the attempt throws */
export function withErrno<Result>(attempt: () => Result): Result | { readonly ok: false; readonly errno: string } {
  try {
    return attempt();
  } catch (error) {
    if (!isBatonError(error) || typeof error.details['errno'] !== 'string') throw error;
    return { ok: false, errno: error.details['errno'] };
  }
}

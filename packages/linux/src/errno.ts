// Names for the numbers that system calls fail with.

import { constants } from 'node:os';

/** The outcome of an operation that either happened or was refused by the kernel, by errno name. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly errno: string };

/** The symbolic name of a failed result: `ENODEV` for -19; an unknown one is written `errno 4711`. */
export function errnoName(result: number): string {
  return names.get(-result) ?? `errno ${String(-result)}`;
}

/** Success for zero or more, otherwise the name of the errno. */
export function asOutcome(result: number): Outcome {
  return result >= 0 ? { ok: true } : { ok: false, errno: errnoName(result) };
}

/** The results that callers distinguish. */
export const EAGAIN = -constants.errno.EAGAIN;
export const EINVAL = -constants.errno.EINVAL;
export const ENOENT = -constants.errno.ENOENT;
export const ESRCH = -constants.errno.ESRCH;
export const EEXIST = -constants.errno.EEXIST;
export const ENODEV = -constants.errno.ENODEV;
export const ENOBUFS = -constants.errno.ENOBUFS;
export const EADDRINUSE = -constants.errno.EADDRINUSE;
export const EADDRNOTAVAIL = -constants.errno.EADDRNOTAVAIL;
export const EOPNOTSUPP = -constants.errno.EOPNOTSUPP;
export const EMSGSIZE = -constants.errno.EMSGSIZE;
export const EBADMSG = -constants.errno.EBADMSG;
export const EPERM = -constants.errno.EPERM;
export const EACCES = -constants.errno.EACCES;

// Two numbers have two names; Linux documentation uses the ones that are kept.
const names = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => name !== 'EWOULDBLOCK' && name !== 'ENOTSUP')
    .map(([name, code]) => [code, name]),
);

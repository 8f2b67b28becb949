// Tells a socket that the process may not have from one that the kernel cannot give now: the first is for the operator
// to cure, the second may pass.

import { BatonError } from '@baton/base';
import { EACCES, EPERM, errnoName, type SyscallResult } from '@baton/linux';

import type { NetErrorCode } from '../index.js';

/** The error for a socket that could not be opened: ERR_NET_RAW_SOCKET_DENIED for EPERM and EACCES, otherwise
 *  ERR_NET_SOCKET_FAILED.
 *  @param what the socket: `a packet socket`
 *  @param result the negated errno */
export function socketFailure(what: string, result: SyscallResult, cause?: unknown): BatonError<NetErrorCode> {
  const errno = errnoName(result);
  const context = { details: { errno }, ...(cause === undefined ? {} : { cause }) };
  const problem = `cannot open ${what}: ${errno}`;
  if (result !== EPERM && result !== EACCES) return new BatonError('ERR_NET_SOCKET_FAILED', problem, context);
  return new BatonError('ERR_NET_RAW_SOCKET_DENIED', problem, { ...context, hint: 'grant CAP_NET_RAW to the service' });
}

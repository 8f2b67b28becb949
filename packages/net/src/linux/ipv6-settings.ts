// IPv6 settings of a virtual link, through /proc/sys: rtnetlink cannot write them. Knows no netlink.

import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';

import type { SyscallResult } from '@baton/linux';

/** Gives an interface that is off what it needs to keep silent about anything but virtual addresses. Writes only what
 *  differs, so that a read-only /proc/sys does no harm where everything is right already.
 *  @param name of the interface; must not come from outside, because it becomes part of a path
 *  @returns -EROFS or -EACCES when a setting cannot be written, -EAFNOSUPPORT when the kernel has no IPv6 and an IPv6
 *    link needs it */
export function writeIpv6Settings(name: string, family: 4 | 6): SyscallResult {
  for (const [setting, value] of family === 6 ? ON_IPV6_LINKS : ON_IPV4_LINKS) {
    const result = write(`/proc/sys/net/ipv6/conf/${name}/${setting}`, value);
    if (result === -constants.errno.ENOENT) return family === 6 ? -constants.errno.EAFNOSUPPORT : 0;
    if (result < 0) return result;
  }
  return 0;
}

/** Switches IPv6 off on an interface, which takes its addresses and what it was about to say, or on again. Done when it
 *  returns. */
export function switchIpv6(name: string, state: 'on' | 'off'): SyscallResult {
  return write(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, state === 'off' ? '1' : '0');
}

/** A link with an IPv4 virtual MAC says nothing in IPv6. */
const ON_IPV4_LINKS = [['disable_ipv6', '1']] as const;
/** No link-local address of its own (RFC 9568 §7.4: none is made from a virtual MAC), none from a router's prefixes, no
 *  solicitation of routers, and no wait before an address can be used (§8.2.2). Switched on last: an interface that was
 *  born with IPv6 disabled must not begin before the rest holds. */
const ON_IPV6_LINKS = [
  ['addr_gen_mode', '1'], ['accept_ra', '0'], ['autoconf', '0'], ['router_solicitations', '0'], ['accept_dad', '0'],
  ['disable_ipv6', '0'],
] as const;

function write(path: string, value: string): SyscallResult {
  try {
    if (readFileSync(path, 'latin1').trim() !== value) writeFileSync(path, value);
    return 0;
  } catch (error) {
    // Not instanceof: a test runner's global Error is another one than Node's own.
    if (typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number') {
      return error.errno;
    }
    throw error;
  }
}

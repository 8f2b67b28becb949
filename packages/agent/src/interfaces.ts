// Which interfaces this host has, for people who look for one that is missing.

import { readFileSync } from 'node:fs';

/** Most that are told. */
const MAX_INTERFACES = 16;

/** The names of the interfaces of this process's network namespace, at most 16, as in /proc/net/dev.
 *  @throws {NodeJS.ErrnoException} without /proc */
export function listInterfaces(): readonly string[] {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return lines.map((line) => line.split(':')[0]?.trim() ?? '').filter((name) => name !== '').slice(0, MAX_INTERFACES);
}

// Decides what no single value can show: virtual routers that collide, hooks for routers that do not exist, values that
// are right and yet doubtful. Leaves the programs of hooks to hook-program.ts; never looks at interfaces.

import { join, resolve } from 'node:path';
import { quote } from './findings.js';
import type { Findings, Place } from './findings.js';
import { validateHookProgram } from './hook-program.js';
import { nearestWord } from './nearest.js';
import type { Named } from './schema/collections.js';
import type { file } from './schema/file.js';
import type { hook } from './schema/hook.js';
import type { virtualRouter } from './schema/virtual-router.js';
import { MAX_ADDRESSES } from './schema/virtual-router.js';
import type { ValueType } from './schema/value-type.js';

type ValueOf<Type> = Type extends ValueType<infer T> ? T : never;

/** A file whose values are right one by one; what was wrong is absent. */
export type DraftFile = ValueOf<typeof file>;
/** One router of such a file. */
export type DraftRouter = ValueOf<typeof virtualRouter>;
/** One hook of such a file. */
export type DraftHook = ValueOf<typeof hook>;

/** Faster than this, a pause of a whole virtual machine looks like a dead master, ms. */
const FAST_INTERVAL_MS = 50;
/** Longest path of a unix socket, bytes (unix(7): sun_path, less its final NUL). */
const MAX_SOCKET_PATH_BYTES = 107;
/** Name of the longest socket in the runtime directory. */
const LONGEST_SOCKET_NAME = 'control.sock';

/** Reports every collision and doubt in a file.
 *  @param directory of the file, absolute: relative paths start there */
export function validate(draft: DraftFile, directory: string, findings: Findings): void {
  const routers = draft.virtual_routers?.value ?? [];
  for (const router of routers) validateRouter(router.value, findings);
  reportSharedVrids(routers, findings);
  reportSharedAddresses(routers, findings);
  reportSharedPeerAddresses(draft, findings);
  const routerNames = routers.map((router) => router.name);
  for (const each of draft.hooks?.value ?? []) validateHook(each.value, routerNames, directory, findings);
  if (draft.runtime_directory !== undefined) {
    const socket = join(resolve(directory, draft.runtime_directory.value), LONGEST_SOCKET_NAME);
    if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
      const most = MAX_SOCKET_PATH_BYTES - LONGEST_SOCKET_NAME.length - 1;
      const message = `must be at most ${String(most)} bytes long, to hold a socket`;
      findings.error('path-too-long', draft.runtime_directory.at, message);
    }
  }
}

function validateRouter(router: DraftRouter, findings: Findings): void {
  const { addresses, advert_interval: interval, priority } = router;
  if (addresses !== undefined && addresses.value.length > MAX_ADDRESSES) {
    const counts = `at most ${String(MAX_ADDRESSES)} addresses, not ${String(addresses.value.length)}`;
    findings.error('too-many-addresses', addresses.at, `must hold ${counts}; spread them over several routers`);
  }
  if (interval !== undefined && interval.value < FAST_INTERVAL_MS) {
    const message = `below ${String(FAST_INTERVAL_MS)}ms a pause of a virtual machine looks like a dead master`;
    findings.warning('fast-advert-interval', interval.at, message);
  }
  if (priority?.value === 255) {
    const yields = 'yields only to another 255 with a higher address';
    const message = `255 claims to own the addresses: master at once, ${yields}; give it to one node at most`;
    findings.warning('address-owner', priority.at, message);
  }
}

/** A VRID names one router on a network segment: twice on one interface, both would answer for each other. */
function reportSharedVrids(routers: readonly Named<DraftRouter>[], findings: Findings): void {
  const first = new Map<string, { name: string; at: Place }>();
  for (const { name, value: { interface: carrier, vrid } } of routers) {
    if (carrier === undefined || vrid === undefined) continue;
    const identity = `${carrier.value}/${String(vrid.value)}`;
    const other = first.get(identity);
    if (other === undefined) {
      first.set(identity, { name, at: vrid.at });
      continue;
    }
    const message = `${String(vrid.value)} is already the VRID of ${quote(other.name)} on ${carrier.value}`;
    findings.error('duplicate-vrid', vrid.at, `${message} (line ${String(other.at.line)})`);
  }
}

function reportSharedAddresses(routers: readonly Named<DraftRouter>[], findings: Findings): void {
  const first = new Map<string, { name: string; at: Place }>();
  for (const { name, value: { addresses } } of routers) {
    for (const { value: { prefix: { address } }, at } of addresses?.value ?? []) {
      const other = first.get(address);
      if (other === undefined) {
        first.set(address, { name, at });
        continue;
      }
      const message = `${address} is already an address of ${quote(other.name)} (line ${String(other.at.line)})`;
      findings.error('duplicate-address', at, message);
    }
  }
}

function reportSharedPeerAddresses(draft: DraftFile, findings: Findings): void {
  const first = new Map<string, { name: string; at: Place }>();
  for (const { name, value: { address }, at } of draft.peers?.value ?? []) {
    const other = first.get(address);
    if (other === undefined) {
      first.set(address, { name, at });
      continue;
    }
    const message = `${address} is already the address of ${quote(other.name)} (line ${String(other.at.line)})`;
    findings.error('duplicate-address', at, message);
  }
}

function validateHook(
  hook: DraftHook, routerNames: readonly string[], directory: string, findings: Findings,
): void {
  for (const { value: name, at } of hook.routers?.value ?? []) {
    if (routerNames.includes(name)) continue;
    const near = nearestWord(name, routerNames);
    const hint = near === undefined ? `there are ${routerNames.join(', ')}` : `the nearest is ${quote(near)}`;
    findings.error('unknown-router', at, `there is no virtual router ${quote(name)}; ${hint}`);
  }
  const program = hook.run?.value[0];
  if (program?.at.key.endsWith('[0]') === true) {
    validateHookProgram(program.value, directory, program.at, findings);
  }
}

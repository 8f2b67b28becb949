// Decides what no single value can show: virtual routers that collide, hooks for routers that do not exist, values that
// are right and yet doubtful. Leaves the programs of hooks to hook-program.ts; never looks at interfaces.

import { join, resolve } from 'node:path';
import type { IpAddress } from '@baton/base';
import { isLinkLocal } from '@baton/vrrp';
import { advertisedAddresses, familiesOf, ofFamily } from './address-families.js';
import { validateAuthentication, type Secrets } from './checks/authentication.js';
import { validateControlChannel } from './checks/control-channel.js';
import type { ChannelCredentials } from './configuration.js';
import { reportEqualPriorities } from './checks/priorities.js';
import { reportRepeated, type Use } from './checks/repetitions.js';
import { validateRouter } from './checks/router.js';
import { validateRoutes } from './checks/routes.js';
import { reportUnknownGroup, reportUnknownRouter, validateSyncGroups } from './checks/sync-groups.js';
import { nodeAddresses, type DraftFile, type DraftHook, type DraftRouter } from './draft.js';
import { quote } from './findings.js';
import type { Findings } from './findings.js';
import { validateHookProgram } from './hook-program.js';
import type { Named } from './schema/collections.js';

/** Longest path of a unix socket, bytes (unix(7): sun_path, less its final NUL). */
const MAX_SOCKET_PATH_BYTES = 107;
/** Name of the longest socket in the runtime directory. */
const LONGEST_SOCKET_NAME = 'control.sock';

/** Whose file it is, and where it stands. */
export interface FileContext {
  readonly node: string;
  /** Absolute; relative paths start there. */
  readonly directory: string;
}

/** What was read from other files. */
export interface NamedFiles {
  readonly secrets: Secrets;
  readonly credentials: ChannelCredentials;
}

/** Reports every collision and doubt in a file.
 *  @returns what stands in the files that it names */
export function validate(draft: DraftFile, { node, directory }: FileContext, findings: Findings): NamedFiles {
  const routers = draft.virtual_routers?.value ?? [];
  const nodes = nodeAddresses(draft, node);
  const secrets = new Map<string, string>();
  for (const { value: router } of routers) {
    validateRouter(router, nodes, findings);
    for (const [key, secret] of validateAuthentication(router, directory, findings)) secrets.set(key, secret);
  }
  reportSharedVrids(routers, findings);
  reportSharedAddresses(routers, findings);
  reportSharedPeerAddresses(draft, findings);
  validateRoutes(routers, findings);
  validateSyncGroups(draft, findings);
  reportEqualPriorities(draft, nodes, findings);
  for (const each of draft.hooks?.value ?? []) validateHook(each.value, draft, directory, findings);
  if (draft.runtime_directory !== undefined) {
    const socket = join(resolve(directory, draft.runtime_directory.value), LONGEST_SOCKET_NAME);
    if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
      const most = MAX_SOCKET_PATH_BYTES - LONGEST_SOCKET_NAME.length - 1;
      const message = `must be at most ${String(most)} bytes long, to hold a socket`;
      findings.error('path-too-long', draft.runtime_directory.at, message);
    }
  }
  return { secrets, credentials: validateControlChannel(draft, { node, directory }, findings) };
}

/** A VRID names one router of a family on a network segment: twice on one interface, both would answer for each
 *  other. */
function reportSharedVrids(routers: readonly Named<DraftRouter>[], findings: Findings): void {
  const uses = routers.flatMap(({ name, value: { interface: carrier, vrid, addresses } }) => {
    if (carrier === undefined || vrid === undefined) return [];
    const families = familiesOf((addresses?.value ?? []).map(({ value }) => value.prefix));
    return families.map((family) => ({ name, at: vrid.at, carrier: carrier.value, vrid: vrid.value, family }));
  });
  const reported = new Set<string>();
  reportRepeated(uses, ({ carrier, vrid, family }) => `${carrier}/${String(vrid)}/${String(family)}`, (use, other) => {
    if (reported.has(use.name)) return;
    reported.add(use.name);
    const message = `${String(use.vrid)} is already the VRID of ${quote(other.name)} on ${use.carrier}`;
    findings.error('duplicate-vrid', use.at, `${message} (line ${String(other.at.line)})`);
  });
}

function reportSharedAddresses(routers: readonly Named<DraftRouter>[], findings: Findings): void {
  const listed = routers.flatMap(({ name, value: { addresses, extra_addresses: extra, interface: carrier } }) =>
    [...addresses?.value ?? [], ...extra?.value ?? []].map(({ value, at }) =>
      ({ name, at, address: value.prefix.address, carrier: value.interface ?? carrier?.value })));
  const uses: readonly AddressUse[] = [...listed, ...routers.flatMap(addedLinkLocal)];
  // A link-local address can be on every link.
  reportRepeated(uses, ({ address, carrier }) => isLinkLocal(address) ? `${address}%${carrier ?? ''}` : address,
    ({ address, at }, other) => {
      const message = `${address} is already an address of ${quote(other.name)} (line ${String(other.at.line)})`;
      findings.error('duplicate-address', at, message);
    });
}

/** An address, and the interface that carries it. */
interface AddressUse extends Use {
  readonly address: IpAddress;
  readonly carrier: string | undefined;
}

/** The address that a router has without its being listed. */
function addedLinkLocal({ name, value: router }: Named<DraftRouter>): readonly AddressUse[] {
  const { addresses, vrid, interface: carrier } = router;
  const prefixes = ofFamily((addresses?.value ?? []).map(({ value }) => value.prefix), 6);
  if (addresses === undefined || vrid === undefined || prefixes.length === 0) return [];
  const [{ address } = { address: '' }] = advertisedAddresses(prefixes, 6, vrid.value);
  const isListed = prefixes.some((prefix) => prefix.address === address);
  return isListed ? [] : [{ name, at: addresses.at, address, carrier: carrier?.value }];
}

function reportSharedPeerAddresses(draft: DraftFile, findings: Findings): void {
  const uses = (draft.peers?.value ?? []).map(({ name, value: { address }, at }) => ({ name, at, address }));
  reportRepeated(uses, ({ address }) => address, ({ address, at }, other) => {
    const message = `${address} is already the address of ${quote(other.name)} (line ${String(other.at.line)})`;
    findings.error('duplicate-address', at, message);
  });
}

function validateHook(hook: DraftHook, draft: DraftFile, directory: string, findings: Findings): void {
  for (const { value: name, at } of hook.routers?.value ?? []) {
    reportUnknownRouter(name, at, draft.virtual_routers?.value ?? [], findings);
  }
  for (const { value: name, at } of hook.groups?.value ?? []) {
    reportUnknownGroup(name, at, draft.sync_groups?.value ?? [], findings);
  }
  const program = hook.run?.value[0];
  if (program?.at.key.endsWith('[0]') === true) {
    validateHookProgram(program.value, directory, program.at, findings);
  }
}

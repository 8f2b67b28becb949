// Keeps in the runtime directory which addresses this daemon may put on the host, so that its next life takes off what
// a dead one has left and what is not configured any more. Written when a configuration has been accepted, never on the
// way of a takeover. Only this daemon's: each runtime directory has its own.

import { formatAddress, parseAddress, type IpAddress } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import { heldAddresses, OWNER_PRIORITY } from '@baton/vrrp';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouterConfiguration } from './messages.js';

/** Where an address may be put. */
export type AddressPlace = Pick<OwnedAddress, 'interface' | 'address' | 'prefixLength'>;

/** What a past life has kept; unreadable when the file is there and says nothing that can be used. */
export type KeptPlaces =
  | { readonly ok: true; readonly places: readonly AddressPlace[] }
  | { readonly ok: false; readonly reason: string };

/** The first kernel that keeps the mark of an address (IFA_PROTO). */
const FIRST_WITH_MARKS = [5, 18] as const;

/** Everything that these routers may put on the host. Not what an owner has, which is the host's own, and not what lies
 *  on a virtual link, which is taken off with the link. */
export function placesOf(routers: readonly RouterConfiguration[]): readonly AddressPlace[] {
  return routers.flatMap(({ families, virtualMac }) =>
    families
      .filter(({ priority }) => priority !== OWNER_PRIORITY)
      .flatMap((parameters) =>
        heldAddresses(parameters)
          .filter(({ interface: own }) => !virtualMac || own !== undefined)
          .map(({ address, prefixLength, interface: own }) => {
            return { interface: own ?? parameters.interface, address, prefixLength };
          }),
      ),
  );
}

/** Writes them down. A reader sees what was there before or these, never a part.
 *  @throws {NodeJS.ErrnoException} when they cannot be written */
export function keepPlaces(runtimeDirectory: string, places: readonly AddressPlace[]): void {
  const path = pathIn(runtimeDirectory);
  const draft = `${path}.new`;
  writeFileSync(draft, JSON.stringify(places), { mode: 0o600 });
  renameSync(draft, path);
}

/** Reads what a past life has kept; nothing when there was none. */
export function readPlaces(runtimeDirectory: string): KeptPlaces {
  let text: string;
  try {
    text = readFileSync(pathIn(runtimeDirectory), 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { ok: true, places: [] } : { ok: false, reason: code };
  }
  return parsePlaces(text);
}

/** Whether a kernel of this release (`6.1.0-13-amd64`) keeps our mark on addresses. */
export function keepsMarks(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return major > FIRST_WITH_MARKS[0] || (major === FIRST_WITH_MARKS[0] && minor >= FIRST_WITH_MARKS[1]);
}

function parsePlaces(text: string): KeptPlaces {
  try {
    const read: unknown = JSON.parse(text);
    const places = Array.isArray(read) ? read.filter(isPlace) : [];
    if (Array.isArray(read) && places.length === read.length) return { ok: true, places };
    return { ok: false, reason: 'no list of addresses' };
  } catch {
    return { ok: false, reason: 'no JSON' };
  }
}

function isPlace(value: unknown): value is AddressPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { interface: name, address, prefixLength } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && isCanonical(address) && Number.isInteger(prefixLength);
}

function isCanonical(address: unknown): address is IpAddress {
  if (typeof address !== 'string') return false;
  const bytes = parseAddress(address);
  return bytes !== undefined && formatAddress(bytes) === address;
}

function pathIn(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'addresses.json');
}

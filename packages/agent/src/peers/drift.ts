// What two nodes do not agree on although they have to, in words for an operator. Pure.

import type { Configuration } from '@baton/config';
import { MAX_MESSAGE_BYTES } from './frames.js';
import type { Agreement, PeerMessage } from './messages.js';

/** Differences that are told; the others are counted. */
const MAX_DIFFERENCES = 20;
/** What the frame of an agreement holds besides the routers, bytes, generously. */
const FRAME_ALLOWANCE = 256;

/** What this node has to say about its routers, as much of it as one message holds. */
export function agreementOf({ routers }: Pick<Configuration, 'routers'>): Extract<PeerMessage, { type: 'agreement' }> {
  const told: Agreement[] = [];
  let sizeBytes = FRAME_ALLOWANCE;
  for (const { name, families, authentication } of routers) {
    const [{ vrid, version, advertIntervalMs }] = families;
    const addresses = families.flatMap((family) =>
      family.addresses.map(({ address, prefixLength }) => `${address}/${String(prefixLength)}`));
    const agreement = {
      name, vrid, version, advertIntervalMs, addresses, authentication: authentication?.kind ?? 'none',
    };
    sizeBytes += Buffer.byteLength(JSON.stringify(agreement)) + 1;
    if (sizeBytes > MAX_MESSAGE_BYTES) break;
    told.push(agreement);
  }
  return { type: 'agreement', routers: told, omitted: routers.length - told.length };
}

type Told = Extract<PeerMessage, { type: 'agreement' }>;

/** Compares what two nodes say.
 *  @returns sentences, ours first; empty when they agree */
export function describeDrift(ours: Told, theirs: Told, peer: string): readonly string[] {
  const all = [
    ...ours.routers.flatMap((router) => {
      const other = theirs.routers.find(({ name }) => name === router.name);
      if (other !== undefined) return differences(router, other, peer);
      return theirs.omitted > 0 ? [] : [`${router.name}: is not configured on ${peer}`];
    }),
    ...theirs.routers.filter(({ name }) => ours.omitted === 0 && ours.routers.every((router) => router.name !== name))
      .map(({ name }) => `${name}: is configured on ${peer} only`),
  ];
  const untold = Math.max(0, all.length - MAX_DIFFERENCES);
  const omitted = Math.max(ours.omitted, theirs.omitted);
  return [
    ...all.slice(0, MAX_DIFFERENCES),
    ...(untold > 0 ? [`${String(untold)} more differences`] : []),
    ...(omitted > 0 ? [`${String(omitted)} virtual routers were not compared`] : []),
  ];
}

function differences(ours: Agreement, theirs: Agreement, peer: string): readonly string[] {
  const sorted = (addresses: readonly string[]): string => [...addresses].sort().join(' ');
  const compared: readonly (readonly [string, string, string])[] = [
    ['vrid', String(ours.vrid), String(theirs.vrid)],
    ['version', String(ours.version), String(theirs.version)],
    ['advert_interval', `${String(ours.advertIntervalMs)} ms`, `${String(theirs.advertIntervalMs)} ms`],
    ['addresses', sorted(ours.addresses), sorted(theirs.addresses)],
    ['authentication', ours.authentication, theirs.authentication],
  ];
  return compared.filter(([, our, their]) => our !== their)
    .map(([key, our, their]) => `${ours.name}: ${key} is ${our} here and ${their} on ${peer}`);
}

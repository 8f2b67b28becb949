// How two peers prove to each other who they are: TLS 1.3 with a pre-shared key or with certificates; without either,
// plain TCP between loopback addresses. Decides the parameters of TLS and who is at the other end; opens nothing.

import type { ChannelCredentials } from '@baton/config';
import type { PeerCertificate, TLSSocket, TlsOptions, ConnectionOptions } from 'node:tls';

/** The suite that goes with a pre-shared key: its hash has to be SHA-256 (RFC 8446 §4.2.11). */
const PSK_SUITE = 'TLS_AES_128_GCM_SHA256';

/** TLS of the accepting side; undefined for plain TCP. */
export function acceptingTls(credentials: ChannelCredentials): TlsOptions | undefined {
  switch (credentials.kind) {
    case 'none':
      return undefined;
    case 'pre-shared-key':
      return {
        minVersion: 'TLSv1.3', ciphers: PSK_SUITE,
        // Without a certificate a client that does not know the key cannot get any further.
        pskCallback: (socket: TLSSocket, identity: string) => {
          // Whoever has the key may say who it is; whether that is a peer is for the session to tell.
          IDENTITIES.set(socket, identity);
          return Buffer.from(credentials.key, 'hex');
        },
      };
    case 'certificates':
      return {
        minVersion: 'TLSv1.3', cert: credentials.certificate, key: credentials.key, ca: credentials.ca,
        requestCert: true, rejectUnauthorized: true,
      };
  }
}

/** TLS of the connecting side; undefined for plain TCP.
 *  @param node this node
 *  @param peer the node that must be at the other end */
export function connectingTls(
  credentials: ChannelCredentials, node: string, peer: string,
): ConnectionOptions | undefined {
  switch (credentials.kind) {
    case 'none':
      return undefined;
    case 'pre-shared-key':
      return {
        minVersion: 'TLSv1.3', ciphers: PSK_SUITE,
        // A certificate of anybody is none that is trusted here: only the key counts.
        ca: [], checkServerIdentity: () => undefined,
        pskCallback: () => ({ psk: Buffer.from(credentials.key, 'hex'), identity: node }),
      };
    case 'certificates':
      return {
        minVersion: 'TLSv1.3', cert: credentials.certificate, key: credentials.key, ca: credentials.ca,
        rejectUnauthorized: true,
        checkServerIdentity: (_, certificate) =>
          namesOf(certificate).includes(peer) ? undefined : new Error(`the certificate does not name ${peer}`),
      };
  }
}

/** Whether the server proved that it has what the credentials ask for; certificates were verified by TLS. */
export function isProven(credentials: ChannelCredentials, socket: TLSSocket): boolean {
  // An external pre-shared key looks like a session that was resumed, and we never resume one.
  return credentials.kind !== 'pre-shared-key' || socket.isSessionReused();
}

/** The names that an accepted client has proved to have: of its key or of its certificate. */
export function provenNames(credentials: ChannelCredentials, socket: TLSSocket): readonly string[] {
  if (credentials.kind === 'certificates') return namesOf(socket.getPeerCertificate());
  const identity = IDENTITIES.get(socket);
  return identity === undefined ? [] : [identity];
}

const IDENTITIES = new WeakMap<TLSSocket, string>();

/** The DNS names of a certificate, or its common name when it has none. */
function namesOf({ subject, subjectaltname: alternatives }: Partial<PeerCertificate>): readonly string[] {
  const names = (alternatives ?? '').split(', ').filter((each) => each.startsWith('DNS:')).map((each) => each.slice(4));
  const common: unknown = subject?.CN;
  return names.length === 0 && typeof common === 'string' ? [common] : names;
}

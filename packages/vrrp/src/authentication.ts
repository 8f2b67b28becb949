// How an advertisement proves who sent it: the simple password of version 2 (RFC 2338 §5.3.6, in clear, as keepalived
// sends it), and the HMAC-SHA-256 trailer of keepalived 2.4 (draft-cassen-vrrp-auth-hmac). Pure: the MAC is an
// argument. Knows no router and no socket; where the trailer lies in a packet is said by advertisement.ts.

import { addressBytes, addressFamily, assert, type IpAddress } from '@baton/base';
import { ReplayWindow, SequenceClock, type AntiReplay, type Moment } from './sequence.js';

/** HMAC-SHA-256 of a message under a key: at least 16 bytes, of which the first 16 are used. */
export type Mac = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/** The three steps of a roll-out without a gap: `receive-only` understands trailers, `permissive` sends them too,
 *  `enforce` also demands them. */
export type AuthenticationMode = 'enforce' | 'permissive' | 'receive-only';

/** What a router and its neighbours agree upon. */
export interface AuthenticationParameters {
  readonly mode: AuthenticationMode;
  /** By key id, 0–255: 32–64 secret bytes each. All of them verify. */
  readonly keys: ReadonlyMap<number, Uint8Array>;
  /** The key that signs. */
  readonly activeKeyId: number;
  readonly antiReplay: AntiReplay;
  /** How far clocks may be apart, 1000–300 000 ms. */
  readonly timeWindowMs: number;
  /** Advertisement_Interval of the router, ms. */
  readonly advertIntervalMs: number;
}

/** What an advertisement carries as its proof when it is sent. */
export type Proof =
  | { readonly kind: 'simple-password'; readonly password: Uint8Array }
  /** The copies of one advertisement for several unicast peers share one sequence number. */
  | { readonly kind: 'trailer'; readonly authenticator: Authenticator; readonly sequence: bigint };

/** What a received advertisement must prove. */
export type Demand =
  | { readonly kind: 'simple-password'; readonly password: Uint8Array }
  | { readonly kind: 'trailer'; readonly authenticator: Authenticator; readonly moment: Moment };

/** Why a proof was not accepted. */
export type ProofRejection =
  | 'authentication-missing' | 'authentication-type-mismatch' | 'authentication-unknown-key' | 'authentication-failed'
  | 'authentication-stale' | 'authentication-replayed';

/** Size of the authentication data at the end of every version 2 message, and of the longest password, bytes. */
export const PASSWORD_BYTES = 8;
/** Size of an authentication trailer, bytes. */
export const TRAILER_BYTES = 28;

/** Authentication types of version 2 (RFC 2338 §5.3.6; RFC 3768 has withdrawn all but 0). */
export const NO_AUTHENTICATION_TYPE = 0;
export const SIMPLE_PASSWORD_TYPE = 1;

/** The only type of trailer there is: HMAC-SHA-256, cut to 128 bits. */
const TRAILER_TYPE = 1;
const MAC_OFFSET = 12;
const MAC_BYTES = TRAILER_BYTES - MAC_OFFSET;
const PSEUDO_HEADER_BYTES = 20;
const CHECKSUM_OFFSET = 6;
const MIN_KEY_BYTES = 32;
const MAX_KEY_BYTES = 64;

/** One message as both sides see it: the bytes up to the trailer, and who sent them. */
export interface ProvenMessage {
  /** Header and addresses; its checksum counts as zero. */
  readonly message: Uint8Array;
  readonly source: IpAddress;
}

/** Signs and verifies the advertisements of one virtual router, and remembers what it has seen. */
export class Authenticator {
  readonly mode: AuthenticationMode;
  readonly #keys: ReadonlyMap<number, Uint8Array>;
  readonly #activeKey: Uint8Array;
  readonly #activeKeyId: number;
  readonly #mac: Mac;
  readonly #clock: SequenceClock;
  readonly #replayWindow: ReplayWindow;

  /** @param before what it has stamped and heard is known here, too: a change of keys is no chance for a replay
   *  @throws {InvariantError} when a key or the window is outside its range: configurations are validated before */
  constructor(parameters: AuthenticationParameters, mac: Mac, before?: Authenticator) {
    const { mode, keys, activeKeyId, antiReplay, timeWindowMs, advertIntervalMs } = parameters;
    const activeKey = keys.get(activeKeyId);
    assert(activeKey !== undefined, `the active key ${String(activeKeyId)} is one of the keys`);
    for (const [id, { length }] of keys) {
      assert(Number.isInteger(id) && id >= 0 && id <= 255, `key id ${String(id)} is 0–255`);
      assert(length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES, `key ${String(id)} has 32–64 bytes`);
    }
    assert(timeWindowMs >= 1000 && timeWindowMs <= 300_000, 'the time window is 1–300 s');
    this.mode = mode;
    this.#keys = keys;
    this.#activeKey = activeKey;
    this.#activeKeyId = activeKeyId;
    this.#mac = mac;
    this.#clock = new SequenceClock(timeWindowMs, before === undefined ? undefined : before.#clock);
    // A sender that begins anew loses two advertisements by this; a backup waits for more than three.
    const quietMs = 2 * advertIntervalMs;
    const heardBefore = before === undefined ? undefined : before.#replayWindow;
    this.#replayWindow = new ReplayWindow(antiReplay, timeWindowMs, quietMs, heardBefore);
  }

  /** The proof for the next advertisement; undefined when this router sends none yet. */
  nextProof(moment: Moment): Proof | undefined {
    if (this.mode === 'receive-only') return undefined;
    return { kind: 'trailer', authenticator: this, sequence: this.#clock.next(moment) };
  }

  /** The 28 bytes that follow a message. */
  trailer(signed: ProvenMessage, sequence: bigint): Uint8Array {
    const trailer = new Uint8Array(TRAILER_BYTES);
    const view = new DataView(trailer.buffer);
    view.setUint8(0, TRAILER_TYPE);
    view.setUint8(1, this.#activeKeyId);
    view.setBigUint64(4, sequence);
    trailer.set(this.#macOf(this.#activeKey, signed, trailer), MAC_OFFSET);
    return trailer;
  }

  /** Verifies the trailer of a received message, and takes its number out of circulation.
   *  @param trailer exactly 28 bytes
   *  @returns undefined when it is accepted */
  verify(received: ProvenMessage, trailer: Uint8Array, moment: Moment): ProofRejection | undefined {
    const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength);
    if (view.getUint8(0) !== TRAILER_TYPE || view.getUint16(2) !== 0) return 'authentication-type-mismatch';
    const key = this.#keys.get(view.getUint8(1));
    if (key === undefined) return 'authentication-unknown-key';
    const expected = this.#macOf(key, received, trailer);
    if (!isEqualInConstantTime(expected, trailer.subarray(MAC_OFFSET))) return 'authentication-failed';
    switch (this.#replayWindow.judge(received.source, view.getBigUint64(4), moment)) {
      case 'fresh': return undefined;
      case 'stale': return 'authentication-stale';
      case 'replayed': return 'authentication-replayed';
    }
  }

  /** Over a pseudo-header, the message and the trailer, checksum and MAC as zero. The destination is not in it: the
   *  copies of one advertisement for several peers carry one MAC. */
  #macOf(key: Uint8Array, { message, source }: ProvenMessage, trailer: Uint8Array): Uint8Array {
    const covered = new Uint8Array(PSEUDO_HEADER_BYTES + message.length + TRAILER_BYTES);
    covered.set([addressFamily(source), (message[0] ?? 0) >> 4, message[1] ?? 0, 0]);
    covered.set(addressBytes(source), 4);
    covered.set(message, PSEUDO_HEADER_BYTES);
    covered.fill(0, PSEUDO_HEADER_BYTES + CHECKSUM_OFFSET, PSEUDO_HEADER_BYTES + CHECKSUM_OFFSET + 2);
    covered.set(trailer.subarray(0, MAC_OFFSET), PSEUDO_HEADER_BYTES + message.length);
    return this.#mac(key, covered).subarray(0, MAC_BYTES);
  }
}

/** The authentication data of a version 2 message: the password, filled up with zeros.
 *  @param password 1–8 bytes */
export function passwordData(password: Uint8Array): Uint8Array {
  assert(password.length >= 1 && password.length <= PASSWORD_BYTES, 'a simple password has 1–8 bytes');
  const data = new Uint8Array(PASSWORD_BYTES);
  data.set(password);
  return data;
}

/** Compares two byte strings without telling by the time it takes where they differ. */
export function isEqualInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}

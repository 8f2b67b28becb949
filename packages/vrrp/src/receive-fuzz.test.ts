import { createHmac } from 'node:crypto';
import { addressBytes } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { advertisementOf, encodeAdvertisement, VRRP_GROUP_IPV4, VRRP_GROUP_IPV6 } from './advertisement.js';
import { Authenticator } from './authentication.js';
import { f2, f3, f6, OWN, OWN6, P, P6, randomSource } from './fixtures.js';
import type { VirtualRouterParameters } from './parameters.js';
import { checkReceived, type DiscardReason, type ReceiveContext, type VrrpDatagram } from './receive-checks.js';
import { VirtualRouter } from './virtual-router.js';

const SEED = Number(process.env['BATON_SEED'] ?? 20_240_918);
/** Mutated advertisements for each kind of session; `pnpm fuzz` asks for ten million of all together. */
const MUTATED = Number(process.env['BATON_FUZZ_PACKETS'] ?? 20_000);
const KEY = Uint8Array.from({ length: 32 }, (_, index) => 7 * index);
const PASSWORD = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const WALL_MS = 1_700_000_000_000;

const UNICAST = { peers: [{ address: P, minTtl: 255 }], checkSource: true };

/** How a router proves what it sends, and what it demands. */
type Proving = 'nothing' | 'password' | 'trailer';

/** Every kind of session: version, family, and what else changes the bytes. */
const SESSIONS: [string, VirtualRouterParameters, Proving][] = [
  ['version 3 over IPv4', f3(), 'nothing'],
  ['version 3 over IPv4, strictly', f3({ checksum: 'rfc9568-strict' }), 'nothing'],
  ['version 3 over IPv4, unicast', f3({ unicast: UNICAST }), 'nothing'],
  ['version 3 over IPv4, authenticated', f3(), 'trailer'],
  ['version 3 over IPv6', f6(), 'nothing'],
  ['version 3 over IPv6, authenticated', f6(), 'trailer'],
  ['version 2', f2(), 'nothing'],
  ['version 2 with a password', f2(), 'password'],
  ['version 2, authenticated', f2(), 'trailer'],
];

const newAuthenticator = (): Authenticator => new Authenticator({
  mode: 'enforce', keys: new Map([[1, KEY]]), activeKeyId: 1, antiReplay: 'time', timeWindowMs: 5000,
  advertIntervalMs: 1000,
}, (key, message) => createHmac('sha256', key).update(message).digest());

/** A session: a backup, what it demands, and a peer that meets the demand. */
class Session {
  readonly router: VirtualRouter;
  readonly #parameters: VirtualRouterParameters;
  readonly #proving: Proving;
  readonly #verifier = newAuthenticator();
  readonly #signer = newAuthenticator();
  #now = 0;

  constructor(parameters: VirtualRouterParameters, proving: Proving) {
    this.#parameters = parameters;
    this.#proving = proving;
    this.router = new VirtualRouter(parameters, { epochFloor: 0 });
    this.router.handle({ kind: 'address-changed', primaryAddress: this.#own() }, 0);
    this.router.handle({ kind: 'startup' }, 0);
  }

  /** What the peer sends with this priority. */
  sound(priority: number, pseudo: boolean): Uint8Array {
    this.#now += 1;
    const { version, family, checksum } = this.#parameters;
    const free = version === 3 && family === 4 && checksum !== 'rfc9568-strict';
    const fixed = family === 6 ? 'pseudo-header' : 'message-only';
    const checksumForm = free && pseudo ? 'pseudo-header' : fixed;
    const trailer = this.#proving === 'trailer' ? this.#signer.nextProof(this.#moment()) : undefined;
    const proof = this.#proving === 'password' ? { kind: 'simple-password', password: PASSWORD } as const : trailer;
    const { source, destination } = this.datagram(new Uint8Array(0));
    const advertisement = advertisementOf(this.#parameters, priority);
    return encodeAdvertisement(advertisement, { source, destination, checksumForm, ...(proof && { proof }) });
  }

  datagram(payload: Uint8Array): VrrpDatagram {
    const { family, unicast } = this.#parameters;
    const group = family === 4 ? VRRP_GROUP_IPV4 : VRRP_GROUP_IPV6;
    return {
      interface: 'eth0', source: family === 4 ? P : P6, destination: unicast === undefined ? group : this.#own(),
      ttl: 255, headerValid: true, payload,
    };
  }

  /** Checks a payload like the engine does; an accepted one is sound and reaches the router without harm. */
  receive(payload: Uint8Array): 'accepted' | DiscardReason {
    const datagram = this.datagram(payload);
    const context: ReceiveContext = { parameters: this.#parameters, primaryAddress: this.#own(), ...this.#demand() };
    const result = checkReceived(datagram, (vrid) => (vrid === 7 ? context : undefined));
    if (!result.ok) return result.reason;
    if (!this.#isSound(datagram)) throw new Error(`accepted although unsound: ${payload.join(' ')}`);
    const { advertisement } = result;
    this.router.handle({ kind: 'advertisement', advertisement, source: datagram.source }, this.#now);
    return 'accepted';
  }

  #demand(): Pick<ReceiveContext, 'demand'> {
    if (this.#proving === 'nothing') return {};
    return {
      demand: this.#proving === 'password'
        ? { kind: 'simple-password', password: PASSWORD }
        : { kind: 'trailer', authenticator: this.#verifier, moment: this.#moment() },
    };
  }

  #moment(): { now: number; wallClockMs: number } {
    return { now: this.#now, wallClockMs: WALL_MS + this.#now };
  }

  #own(): string {
    return this.#parameters.family === 4 ? OWN : OWN6;
  }

  /** RFC 1071 and the layouts a second time, independent of the ones under test. */
  #isSound({ payload, source, destination }: VrrpDatagram): boolean {
    const { version, family, checksum } = this.#parameters;
    const trailed = this.#proving === 'trailer';
    const message = trailed ? payload.subarray(0, payload.length - 28) : payload;
    const summed = family === 6 ? payload : message;
    const plain = sumOf([...summed]);
    const length = [summed.length >> 8, summed.length & 0xff];
    const whole = sumOf([...summed, ...addressBytes(source), ...addressBytes(destination), 0, 112, ...length]);
    const forms = { plain: family === 4, whole: version === 3 && checksum !== 'rfc9568-strict' };
    if (!(forms.plain && plain === 0xffff) && !(forms.whole && whole === 0xffff)) return false;
    if (this.#proving === 'password') {
      return message[4] === 1 && message.subarray(-8).every((byte, index) => byte === PASSWORD[index]);
    }
    return !trailed || macOf(family, message, source, payload.subarray(-28)) === hex(payload.subarray(-16));
  }
}

function sumOf(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 1) sum += (bytes[index] ?? 0) * (index % 2 === 0 ? 256 : 1);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

function macOf(family: number, message: Uint8Array, source: string, trailer: Uint8Array): string {
  const address = [...addressBytes(source), ...new Uint8Array(12)].slice(0, 16);
  const unsummed = [...message.subarray(0, 6), 0, 0, ...message.subarray(8)];
  const covered = [family, (message[0] ?? 0) >> 4, message[1] ?? 0, 0, ...address, ...unsummed,
    ...trailer.subarray(0, 12), ...new Uint8Array(16)];
  return createHmac('sha256', KEY).update(Uint8Array.from(covered)).digest('hex').slice(0, 32);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe.each(SESSIONS)('%s', (_name, parameters, proving) => {
  const { version, family } = parameters;

  test(`B44: 120 000 random packets never throw, none passes unless it is sound (seed ${String(SEED)})`, () => {
    const random = randomSource(SEED);
    const session = new Session(parameters, proving);
    const noise = Uint8Array.from({ length: 1 << 16 }, () => random(256));
    const results: Partial<Record<'accepted' | DiscardReason, number>> = {};
    for (let count = 0; count < 120_000; count += 1) {
      // Mostly short ones, where the checks are; every tenth up to 1600 bytes.
      const length = random(10) === 0 ? random(1601) : random(81);
      const start = random(noise.length - length);
      const payload = noise.subarray(start, start + length);
      // Every other packet gets past the cheap checks, so that the later ones see something.
      const behind = 8 + (version === 2 ? 8 : 0) + (proving === 'trailer' ? 28 : 0);
      const addressCount = random(2) === 0 ? (length - behind) / (family === 4 ? 4 : 16) : random(256);
      if (random(2) === 0 && length >= 8) payload.set([(version << 4) | 1, 7, random(256), addressCount]);
      const result = session.receive(payload);
      results[result] = (results[result] ?? 0) + 1;
    }
    // Every check before the checksum has seen many; behind it come only those few that fit by chance.
    const reached = ['packet-length-error', 'version-error', 'type-error', 'unknown-vrid', 'checksum-error'] as const;
    for (const reason of reached) {
      expect([reason, (results[reason] ?? 0) > 100]).toEqual([reason, true]);
    }
    const seen = reached.reduce((sum, reason) => sum + (results[reason] ?? 0), 0);
    expect(120_000 - seen).toBeLessThan(20);
  });

  test(`B44: of 20 000 damaged advertisements none passes unless it is sound (seed ${String(SEED)})`, () => {
    const random = randomSource(SEED + 1);
    const session = new Session(parameters, proving);
    const owed = { whole: 0, accepted: 0 };
    for (let count = 0; count < 20_000; count += 1) {
      const original = session.sound(random(256), random(2) === 0);
      const payload = Uint8Array.from(original);
      const damages = random(4);
      for (let damage = 0; damage < damages; damage += 1) payload[random(payload.length)] = random(256);
      const cut = random(8) === 0 ? payload.subarray(0, random(payload.length + 1)) : payload;
      const result = session.receive(cut);
      if (hex(cut) === hex(original)) owed.whole += 1;
      if (result === 'accepted') owed.accepted += 1;
      else if (hex(cut) === hex(original)) throw new Error(`${result} although undamaged: ${hex(cut)}`);
    }
    // The undamaged ones are accepted, so the test does reach the router; and hardly any other one is.
    expect(owed.whole).toBeGreaterThan(4000);
    expect(owed.accepted - owed.whole).toBeLessThan(20);
  });

  test(`B44: ${String(MUTATED)} mutated advertisements, most resealed, never throw (seed ${String(SEED)})`, () => {
    const random = randomSource(SEED + 2);
    const session = new Session(parameters, proving);
    const originals = Array.from({ length: 256 }, () => session.sound(random(256), random(2) === 0));
    const results: Partial<Record<'accepted' | DiscardReason, number>> = {};
    for (let count = 0; count < MUTATED; count += 1) {
      const original = originals[random(originals.length)] ?? new Uint8Array(0);
      const payload = mutated(original, random);
      if (payload.length >= 8 && random(4) > 0) repairChecksum(payload, session.datagram(payload));
      const result = session.receive(payload);
      results[result] = (results[result] ?? 0) + 1;
    }
    // The checks behind the checksum see many as well.
    expect(Object.values(results).filter((seen) => seen > MUTATED / 10_000).length).toBeGreaterThanOrEqual(6);
  });
});

/** One to four bytes changed, and some cut short or prolonged. */
function mutated(original: Uint8Array, random: (below: number) => number): Uint8Array {
  const shape = random(8);
  const length = shape === 0 ? random(original.length + 1) : original.length + (shape === 1 ? random(33) : 0);
  const payload = new Uint8Array(length);
  payload.set(original.subarray(0, length));
  for (let left = length === 0 ? 0 : 1 + random(4); left > 0; left -= 1) payload[random(length)] = random(256);
  return payload;
}

/** Puts a checksum in that fits, over the message alone or with the pseudo-header as the family has it. */
function repairChecksum(payload: Uint8Array, { source, destination }: VrrpDatagram): void {
  payload.fill(0, 6, 8);
  const length = [payload.length >> 8, payload.length & 0xff];
  const pseudo = source.includes(':') ? [...addressBytes(source), ...addressBytes(destination), 0, 112, ...length] : [];
  const sum = 0xffff - sumOf([sumOf(payload), sumOf(pseudo)].flatMap((part) => [part >> 8, part & 0xff]));
  payload.set([sum >> 8, sum & 0xff], 6);
}

import { createHmac } from 'node:crypto';
import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { encodeAdvertisement, type Advertisement } from './advertisement.js';
import {
  Authenticator, isEqualInConstantTime, type AuthenticationParameters, type Mac, type ProofRejection,
} from './authentication.js';
import { adv, adv2, adv6, f2, f3, f6, fromHex, OWN, OWN6, P, P6, toHex } from './fixtures.js';
import type { VirtualRouterParameters } from './parameters.js';
import { checkReceived, type ReceiveResult, type VrrpDatagram } from './receive-checks.js';
import type { Moment } from './sequence.js';

// No keepalived 2.4 was there to talk to: what is proven here is the layout as the draft and its two published vectors
// have it, and that both of our ends agree with a second hand-written calculation.

const hmacSha256: Mac = (key, message) => createHmac('sha256', key).update(message).digest();
const KEY_1 = Uint8Array.from({ length: 32 }, (_, index) => index);
const KEY_2 = new Uint8Array(64).fill(0xa5);
/** The sequence number of the vectors: 0x68000000 seconds and a half. */
const SEQUENCE = 0x6800000080000000n;
const WALL_MS = 0x68000000 * 1000 + 500;
const NOW: Moment = { now: 5000, wallClockMs: WALL_MS };

const PARAMETERS: AuthenticationParameters = {
  mode: 'enforce', keys: new Map([[1, KEY_1]]), activeKeyId: 1, antiReplay: 'time', timeWindowMs: 5000,
  advertIntervalMs: 1000,
};
const authenticator = (changes: Partial<AuthenticationParameters> = {}): Authenticator =>
  new Authenticator({ ...PARAMETERS, ...changes }, hmacSha256);

/** The packet that a router of ours sends to the group. */
function packet(
  advertisement: Advertisement, from: Authenticator, source = advertisement.addresses[0]?.includes(':') ? P6 : P,
  moment = NOW,
): VrrpDatagram {
  const ipv6 = source.includes(':');
  const destination = ipv6 ? 'ff02::12' : '224.0.0.18';
  const proof = from.nextProof(moment);
  const checksumForm = advertisement.version === 2 ? 'message-only' : 'pseudo-header';
  const payload = encodeAdvertisement(advertisement, { source, destination, checksumForm, ...(proof && { proof }) });
  return { interface: 'eth0', source, destination, ttl: 255, payload, headerValid: true };
}

/** What a router makes of it. */
function receive(
  datagram: VrrpDatagram, by: Authenticator | undefined, parameters: VirtualRouterParameters = f3(), moment = NOW,
): ReceiveResult {
  const demand = by && { kind: 'trailer' as const, authenticator: by, moment };
  const primaryAddress = parameters.family === 4 ? OWN : OWN6;
  return checkReceived(datagram, () => ({ parameters, primaryAddress, ...(demand && { demand }) }));
}

const discarded = (reason: string): object => ({ ok: false, reason, vrid: 7 });

/** The trailer by other code, from the layout alone: hexadecimal text in, hexadecimal text out. */
function trailerByHand(key: Uint8Array, keyId: string, pseudo: string, message: string, sequence: string): string {
  const unsummed = `${message.slice(0, 12)}0000${message.slice(16)}`;
  const head = `01${keyId}0000${sequence}`;
  const covered = Buffer.from(`${pseudo}${unsummed}${head}${'00'.repeat(16)}`, 'hex');
  return `${head}${createHmac('sha256', key).update(covered).digest('hex').slice(0, 32)}`;
}

describe('the trailer', () => {
  test.each([
    // draft-cassen-vrrp-auth-hmac-00, appendix: VRID 51, priority 200, one address, sent by and to these addresses.
    ['IPv4', '198.51.100.10', '224.0.0.18', ['192.0.2.100'], 'message-only' as const,
      '3133c80100644402c0000264', '0101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265'],
    ['IPv6', 'fe80::10', 'fe80::20', ['fe80::100'], 'pseudo-header' as const,
      '3133c8010064a2e9fe800000000000000000000000000100',
      '010100006800000080000000c8c56146ebfd66ee10ec4d8186461b78'],
  ])('is that of the published vector for %s, checksum included', (
    _family, source, destination, addresses, checksumForm, message, trailer,
  ) => {
    const advertisement = adv(200, { vrid: 51, addresses });
    const proof = { kind: 'trailer', authenticator: authenticator(), sequence: SEQUENCE } as const;
    expect(toHex(encodeAdvertisement(advertisement, { source, destination, checksumForm, proof })))
      .toBe(message + trailer);
  });

  test.each([
    ['version 3 over IPv4', adv(200), P, KEY_1, '01', `040307000a090002${'00'.repeat(12)}`],
    ['version 3 over IPv6', adv6(0), P6, KEY_1, '01', '06030700fe80000000000000000000fffe000002'],
    ['version 2', adv2(150), P, KEY_1, '01', `040207000a090002${'00'.repeat(12)}`],
    ['another key', adv(254), P, KEY_2, 'c8', `040307000a090002${'00'.repeat(12)}`],
  ])('is what the layout gives by hand: %s', (_what, advertisement, source, key, keyId, pseudo) => {
    const id = parseInt(keyId, 16);
    const from = authenticator({ keys: new Map([[id, key]]), activeKeyId: id });
    const bytes = toHex(packet(advertisement, from, source).payload);
    expect(bytes.slice(-56)).toBe(trailerByHand(key, keyId, pseudo, bytes.slice(0, -56), '6800000080000000'));
  });

  test('is the same in every copy for unicast peers, whose checksums differ', () => {
    const from = authenticator();
    const proof = from.nextProof(NOW);
    const copies = [OWN, '10.9.0.9'].map((destination) => toHex(encodeAdvertisement(adv(200), {
      source: P, destination, checksumForm: 'pseudo-header', ...(proof && { proof }),
    })));
    expect(copies[0]?.slice(-56)).toBe(copies[1]?.slice(-56));
    expect(copies[0]).not.toBe(copies[1]);
  });

  test('leaves room for 89 IPv6 addresses', () => {
    const addresses = Array.from({ length: 90 }, (_, index) => `fe80::${(index + 1).toString(16)}`);
    expect(() => packet(adv6(200, { addresses }), authenticator())).toThrow(InvariantError);
    const { payload } = packet(adv6(200, { addresses: addresses.slice(1) }), authenticator());
    expect(payload.length).toBe(8 + 89 * 16 + 28);
  });
});

describe('a signed advertisement', () => {
  test.each([
    ['version 3 over IPv4', adv(200), f3()], ['version 3 over IPv6', adv6(200), f6()], ['version 2', adv2(200), f2()],
  ])('is accepted by who has the key: %s', (_what, advertisement, parameters) => {
    expect(receive(packet(advertisement, authenticator()), authenticator(), parameters))
      .toMatchObject({ ok: true, advertisement, remarks: [] });
  });

  test.each([
    ['version 3 over IPv4', adv(200), f3()], ['version 3 over IPv6', adv6(200), f6()], ['version 2', adv2(200), f2()],
  ])('is discarded when any bit of it is wrong, even if the checksum was made right: %s', (
    _what, advertisement, parameters,
  ) => {
    const sound = packet(advertisement, authenticator());
    const messageBytes = sound.payload.length - 28;
    const accepted: number[] = [];
    for (let bit = 0; bit < sound.payload.length * 8; bit += 1) {
      const flipped = Uint8Array.from(sound.payload, (byte, at) => byte ^ (at === bit >> 3 ? 1 << (bit & 7) : 0));
      for (const repaired of [flipped, withSum(sound, flipped, parameters)]) {
        const result = receive({ ...sound, payload: repaired }, authenticator(), parameters);
        // Of a damaged checksum alone nothing is left when it is made right again.
        if (result.ok && !(bit >> 3 >= 6 && bit >> 3 < 8)) accepted.push(bit);
      }
    }
    expect([messageBytes, accepted]).toEqual([messageBytes, []]);
  });

  test.each<[string, Partial<VrrpDatagram>, Partial<AuthenticationParameters>, ProofRejection]>([
    ['another key', {}, { keys: new Map([[1, KEY_2]]) }, 'authentication-failed'],
    ['a key that differs in its last bit', {}, { keys: new Map([[1, KEY_1.with(31, 0x1e)]]) }, 'authentication-failed'],
    ['no key of this id', {}, { keys: new Map([[2, KEY_1]]), activeKeyId: 2 }, 'authentication-unknown-key'],
  ])('is discarded by who has %s', (_what, changes, parameters, reason) => {
    expect(receive({ ...packet(adv(200), authenticator()), ...changes }, authenticator(parameters)))
      .toEqual(discarded(reason));
  });

  test('is discarded when it comes from another address, though the checksum fits', () => {
    const sound = packet(adv(200), authenticator());
    const elsewhere = { ...sound, source: '10.9.0.3' };
    const payload = withSum(elsewhere, sound.payload, f3());
    expect(receive({ ...elsewhere, payload }, authenticator())).toEqual(discarded('authentication-failed'));
  });

  test('is discarded when its trailer is of another type', () => {
    for (const offset of [12, 14, 15]) {
      const { payload, ...rest } = packet(adv(200), authenticator());
      payload[offset] = 2;
      expect(receive({ ...rest, payload }, authenticator())).toEqual(discarded('authentication-type-mismatch'));
    }
  });

  test('is too long for who knows no authentication', () => {
    expect(receive(packet(adv(200), authenticator()), undefined)).toEqual(discarded('packet-length-error'));
  });

  test('is discarded when it is heard a second time, and so is an older one', () => {
    const [from, by] = [authenticator(), authenticator()];
    const [first, second] = [packet(adv(0), from), packet(adv(200), from)];
    expect(receive(second, by)).toMatchObject({ ok: true });
    expect(receive(second, by)).toEqual(discarded('authentication-replayed'));
    expect(receive(first, by)).toEqual(discarded('authentication-replayed'));
  });

  test('with a lower number than before is accepted after two silent intervals, if it is the true time', () => {
    const by = authenticator();
    const at = (now: number): Moment => ({ now, wallClockMs: WALL_MS + now });
    const wrong = { now: 0, wallClockMs: WALL_MS + 3_600_000 }; // the sender's clock, and, at first, ours
    expect(receive(packet(adv(200), authenticator(), P, wrong), by, f3(), wrong)).toMatchObject({ ok: true });
    const anew = authenticator();
    for (const now of [1000, 1999]) {
      const result = receive(packet(adv(200), anew, P, at(now)), by, f3(), at(now));
      expect(result).toEqual(discarded('authentication-replayed'));
    }
    expect(receive(packet(adv(200), anew, P, at(2000)), by, f3(), at(2000))).toMatchObject({ ok: true });
  });

  test('is discarded when it is older than the window', () => {
    const late = { now: 99_000, wallClockMs: WALL_MS + 5001 };
    expect(receive(packet(adv(200), authenticator()), authenticator(), f3(), late))
      .toEqual(discarded('authentication-stale'));
  });

  test('of whom a forgery was heard is accepted all the same: what is not proven leaves no trace', () => {
    const by = authenticator();
    const forger = authenticator({ keys: new Map([[1, KEY_2]]) });
    const soon = { now: 6000, wallClockMs: WALL_MS + 1000 };
    expect(receive(packet(adv(200), forger, P, soon), by, f3(), soon)).toEqual(discarded('authentication-failed'));
    expect(receive(packet(adv(200), authenticator()), by)).toMatchObject({ ok: true });
  });
});

describe('an advertisement without a trailer', () => {
  const bare = (): VrrpDatagram => packet(adv(200), authenticator({ mode: 'receive-only' }));

  test('is what a router sends that only receives yet', () => {
    expect(bare().payload.length).toBe(12);
    expect(receive(bare(), undefined)).toMatchObject({ ok: true, remarks: [] });
  });

  test('is discarded when authentication is enforced', () => {
    expect(receive(bare(), authenticator())).toEqual(discarded('authentication-missing'));
  });

  test.each(['permissive', 'receive-only'] as const)('is accepted with a remark by who is %s', (mode) => {
    expect(receive(bare(), authenticator({ mode }))).toMatchObject({ ok: true, remarks: ['unauthenticated'] });
  });

  test.each(['permissive', 'receive-only'] as const)('is not one with a wrong trailer, also for who is %s', (mode) => {
    const forged = packet(adv(200), authenticator({ keys: new Map([[1, KEY_2]]) }));
    expect(receive(forged, authenticator({ mode }))).toEqual(discarded('authentication-failed'));
  });

  test('is longer by 28 bytes in the modes that send one', () => {
    for (const mode of ['enforce', 'permissive'] as const) {
      expect(packet(adv(200), authenticator({ mode })).payload.length).toBe(12 + 28);
    }
  });
});

describe('keys', () => {
  test('are changed without a gap: everybody learns the new one, then it is made active, then the old one goes', () => {
    const old = { keys: new Map([[1, KEY_1]]), activeKeyId: 1 };
    const learned = { keys: new Map([[1, KEY_1], [2, KEY_2]]), activeKeyId: 1 };
    const switched = { keys: new Map([[1, KEY_1], [2, KEY_2]]), activeKeyId: 2 };
    const done = { keys: new Map([[2, KEY_2]]), activeKeyId: 2 };
    for (const [left, right] of [[old, learned], [learned, switched], [switched, done]] as const) {
      expect(receive(packet(adv(200), authenticator(left)), authenticator(right))).toMatchObject({ ok: true });
      expect(receive(packet(adv(200), authenticator(right)), authenticator(left))).toMatchObject({ ok: true });
    }
    expect(receive(packet(adv(200), authenticator(switched)), authenticator(old)))
      .toEqual(discarded('authentication-unknown-key'));
  });

  test.each<[string, Partial<AuthenticationParameters>]>([
    ['an active key that is none of them', { activeKeyId: 2 }],
    ['31 bytes', { keys: new Map([[1, KEY_1.subarray(1)]]) }],
    ['65 bytes', { keys: new Map([[1, new Uint8Array(65)]]) }],
    ['the id 256', { keys: new Map([[1, KEY_1], [256, KEY_1]]) }],
    ['a window of less than a second', { timeWindowMs: 999 }],
    ['a window of more than 5 minutes', { timeWindowMs: 300_001 }],
  ])('are refused: %s', (_what, wrong) => {
    expect(() => authenticator(wrong)).toThrow(InvariantError);
  });
});

test('byte strings are equal when every byte is, and only then', () => {
  expect(isEqualInConstantTime(fromHex('0102ff'), fromHex('0102ff'))).toBe(true);
  for (const other of ['0102fe', '8102ff', '0102', '0102ff00', '']) {
    expect(isEqualInConstantTime(fromHex('0102ff'), fromHex(other))).toBe(false);
  }
});

/** The payload with its checksum made right by other code, as somebody would who has no key. */
function withSum(around: VrrpDatagram, payload: Uint8Array, { version, family }: VirtualRouterParameters): Uint8Array {
  const repaired = Uint8Array.from(payload);
  repaired.set([0, 0], 6);
  const summed = family === 6 ? repaired : repaired.subarray(0, repaired.length - 28);
  const bytes = [...summed];
  if (version === 3) bytes.push(...pseudoHeader(around, summed.length));
  let sum = bytes.reduce((total, byte, index) => total + (index % 2 === 0 ? byte * 256 : byte), 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  repaired.set([(0xffff - sum) >> 8, (0xffff - sum) & 0xff], 6);
  return repaired;
}

function pseudoHeader({ source }: VrrpDatagram, lengthBytes: number): number[] {
  const addresses = source.includes(':')
    ? [...fromHex('fe80000000000000000000fffe000002'), ...fromHex('ff020000000000000000000000000012')]
    : [...source.split('.').map(Number), 224, 0, 0, 18];
  return [...addresses, lengthBytes >> 8, lengthBytes & 0xff, 0, 112];
}

import { expect, test } from '@jest/globals';
import { encodeAdvertisement } from './advertisement.js';
import { adv, f3, OWN, P, randomSource } from './fixtures.js';
import { checkReceived, type DiscardReason, type VrrpDatagram } from './receive-checks.js';
import { VirtualRouter } from './virtual-router.js';

const GROUP = '224.0.0.18';
const SEED = Number(process.env['BATON_SEED'] ?? 20_240_918);

/** RFC 1071, byte by byte, independent of the one under test: whether either form sums up to 0xffff. */
function isSound({ payload, source, destination }: VrrpDatagram): boolean {
  const add = (sum: number, byte: number, high: boolean): number => {
    const total = sum + (high ? byte * 256 : byte);
    return total > 0xffff ? total - 0xffff : total;
  };
  const message = payload.reduce((sum, byte, index) => add(sum, byte, index % 2 === 0), 0);
  const addresses = [source, destination].flatMap((address) => address.split('.').map(Number));
  const pseudo = [...addresses, 0, 112, payload.length >> 8, payload.length & 0xff];
  const whole = pseudo.reduce((sum, byte, index) => add(sum, byte, index % 2 === 0), message);
  return message === 0xffff || whole === 0xffff;
}

/** Checks one datagram like the engine does; an accepted one is sound and reaches a router without harm. */
function receive(datagram: VrrpDatagram, router: VirtualRouter): 'accepted' | DiscardReason {
  const context = { parameters: router.parameters, primaryAddress: OWN };
  const result = checkReceived(datagram, (vrid) => (vrid === 7 ? context : undefined));
  if (!result.ok) return result.reason;
  if (!isSound(datagram)) throw new Error(`accepted without a sound checksum: ${datagram.payload.join(' ')}`);
  router.handle({ kind: 'advertisement', advertisement: result.advertisement, source: datagram.source }, 0);
  return 'accepted';
}

function backup(): VirtualRouter {
  const router = new VirtualRouter(f3(), { epochFloor: 0 });
  router.handle({ kind: 'address-changed', primaryAddress: OWN }, 0);
  router.handle({ kind: 'startup' }, 0);
  return router;
}

test(`B44: 1 000 000 random packets never throw, none passes without a valid checksum (seed ${String(SEED)})`, () => {
  const random = randomSource(SEED);
  const router = backup();
  const noise = Uint8Array.from({ length: 1 << 16 }, () => random(256));
  const results: Partial<Record<'accepted' | DiscardReason, number>> = {};
  for (let count = 0; count < 1_000_000; count += 1) {
    // Mostly short ones, where the checks are; every tenth up to 1600 bytes.
    const length = random(10) === 0 ? random(1601) : random(41);
    const start = random(noise.length - length);
    const payload = noise.subarray(start, start + length);
    // Every other packet gets past the cheap checks, so that the later ones see something.
    const addressCount = random(2) === 0 ? (length - 8) >> 2 : random(256);
    if (random(2) === 0 && length >= 8) payload.set([0x31, 7, random(256), addressCount]);
    const datagram = { interface: 'eth0', source: P, destination: GROUP, ttl: 255, headerValid: true, payload };
    const result = receive(datagram, router);
    results[result] = (results[result] ?? 0) + 1;
  }
  // Every check before the checksum has seen many; behind it come only those few that fit one of the two sums by
  // chance.
  const reached = ['packet-length-error', 'version-error', 'type-error', 'unknown-vrid', 'checksum-error'] as const;
  for (const reason of reached) {
    expect([reason, (results[reason] ?? 0) > 1000]).toEqual([reason, true]);
  }
  expect((results.accepted ?? 0) + (results['interval-error'] ?? 0)).toBeLessThan(50);
}, 60_000);

test(`B44: of 100 000 damaged advertisements none passes without a valid checksum (seed ${String(SEED)})`, () => {
  const random = randomSource(SEED + 1);
  const router = backup();
  let accepted = 0;
  for (let count = 0; count < 100_000; count += 1) {
    const envelope = {
      source: P, destination: GROUP, checksumForm: random(2) === 0 ? 'pseudo-header' as const : 'message-only' as const,
    };
    const payload = encodeAdvertisement(adv(random(256), { advertIntervalMs: 10 * (1 + random(4095)) }), envelope);
    const damages = random(4);
    for (let damage = 0; damage < damages; damage += 1) payload[random(payload.length)] = random(256);
    const cut = random(8) === 0 ? payload.subarray(0, random(payload.length + 1)) : payload;
    const datagram = { interface: 'eth0', source: P, destination: GROUP, ttl: 255, headerValid: true, payload: cut };
    if (receive(datagram, router) === 'accepted') accepted += 1;
  }
  // The undamaged quarter is accepted, so the test does reach the router.
  expect(accepted).toBeGreaterThan(20_000);
  expect(accepted).toBeLessThan(30_000);
});

import { describe, expect, test } from '@jest/globals';
import { adv, adv2, adv6, capturedDatagram, datagramOf, f3, f6, OWN, OWN6, P, P6 } from './fixtures.js';
import type { UnicastParameters, VirtualRouterParameters } from './parameters.js';
import { checkReceived, type ReceiveResult, type VrrpDatagram } from './receive-checks.js';

const UNICAST: UnicastParameters = { peers: [{ address: P, minTtl: 255 }], checkSource: true };

const receive = (datagram: VrrpDatagram, changes: Partial<VirtualRouterParameters> = {}): ReceiveResult =>
  checkReceived(datagram, () => ({ parameters: f3({ unicast: UNICAST, ...changes }), primaryAddress: OWN }));

const discarded = (reason: string): object => ({ ok: false, reason, vrid: 7 });

describe('a router in unicast mode', () => {
  test('I10: hears a peer that sends to its own address, with the sum over the real destination', () => {
    expect(receive(datagramOf(adv(200), { destination: OWN }))).toMatchObject({ ok: true, remarks: [] });
    const overGroup = datagramOf(adv(200), {}, { destination: '224.0.0.18' });
    expect(receive({ ...overGroup, destination: OWN })).toEqual(discarded('checksum-error'));
  });

  test('A17: hears frame K7 of another daemon', () => {
    const frame = capturedDatagram('K7');
    const unicast = { peers: [{ address: OWN, minTtl: 255 }], checkSource: true };
    const parameters = f3({ advertIntervalMs: 250, unicast });
    expect(checkReceived(frame, () => ({ parameters, primaryAddress: P }))).toMatchObject({
      ok: true, advertisement: { priority: 150 }, remarks: [], checksumForm: 'pseudo-header',
    });
  });

  test('I10: discards what was sent to the group, or to anybody else', () => {
    expect(receive(datagramOf(adv(200)))).toEqual(discarded('destination-error'));
    expect(receive(datagramOf(adv(200), { destination: '10.9.0.77' }))).toEqual(discarded('destination-error'));
  });

  test('discards everything while it has no address of its own', () => {
    const parameters = f3({ unicast: UNICAST });
    const datagram = datagramOf(adv(200), { destination: OWN });
    expect(checkReceived(datagram, () => ({ parameters, primaryAddress: undefined })))
      .toEqual(discarded('destination-error'));
  });

  test('discards what does not come from a peer, unless the source is not checked', () => {
    const stranger = datagramOf(adv(200), { source: '10.9.0.66', destination: OWN });
    expect(receive(stranger)).toEqual(discarded('unknown-source'));
    expect(receive(stranger, { unicast: { ...UNICAST, checkSource: false } })).toMatchObject({ ok: true });
  });

  test('B04: demands TTL 255 of a peer unless it is told that the peer is farther away', () => {
    const far = (ttl: number): VrrpDatagram => datagramOf(adv(200), { destination: OWN, ttl });
    expect(receive(far(254))).toEqual(discarded('ttl-error'));
    const unicast = { ...UNICAST, peers: [{ address: P, minTtl: 64 }] };
    expect(receive(far(64), { unicast })).toMatchObject({ ok: true });
    expect(receive(far(63), { unicast })).toEqual(discarded('ttl-error'));
  });

  test('B04: what one peer is allowed, nobody else is', () => {
    const unicast = { checkSource: false, peers: [{ address: P, minTtl: 0 }] };
    const stranger = datagramOf(adv(200), { source: '10.9.0.66', destination: OWN, ttl: 254 });
    expect(receive(stranger, { unicast })).toEqual(discarded('ttl-error'));
    expect(receive(datagramOf(adv(200), { destination: OWN, ttl: 0 }), { unicast })).toMatchObject({ ok: true });
  });

  test('speaks version 2 too', () => {
    expect(receive(datagramOf(adv2(200), { destination: OWN }), { version: 2 })).toMatchObject({ ok: true });
  });

  test('speaks IPv6 too', () => {
    const parameters = f6({ unicast: { peers: [{ address: P6, minTtl: 255 }], checkSource: true } });
    const context = { parameters, primaryAddress: OWN6 };
    expect(checkReceived(datagramOf(adv6(200), { destination: OWN6 }), () => context)).toMatchObject({ ok: true });
    expect(checkReceived(datagramOf(adv6(200)), () => context)).toEqual(discarded('destination-error'));
  });
});

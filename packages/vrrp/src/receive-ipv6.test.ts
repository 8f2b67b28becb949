import { addressBytes } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import type { Advertisement, AdvertisementEnvelope } from './advertisement.js';
import {
  adv, adv6, capturedDatagram, datagramOf, f3, f6, GLOBAL6, OWN, OWN6, P6, VIP, VIP6,
} from './fixtures.js';
import { DEFAULT_RULES, type VirtualRouterParameters } from './parameters.js';
import { checkReceived, type ReceiveContext, type ReceiveResult, type VrrpDatagram } from './receive-checks.js';

const TOLERANT = { rules: { ...DEFAULT_RULES, tolerateMissingLinkLocal: true } };

const contextOf = (changes: Partial<VirtualRouterParameters> = {}): ReceiveContext =>
  ({ parameters: f6(changes), primaryAddress: OWN6 });

/** VRID 7 over IPv6 is configured on the receiving interface, and nothing else. */
const receive = (datagram: VrrpDatagram, changes: Partial<VirtualRouterParameters> = {}): ReceiveResult =>
  checkReceived(datagram, (vrid, family) => (vrid === 7 && family === 6 ? contextOf(changes) : undefined));

const datagram = (advertisement: Advertisement = adv6(200), changes: Partial<VrrpDatagram> = {},
  envelope: Partial<AdvertisementEnvelope> = {}): VrrpDatagram => datagramOf(advertisement, changes, envelope);

const discarded = (reason: string): object => ({ ok: false, reason, vrid: 7 });

/** An advertisement with a list that no encoder of ours would write, its checksum made right by other code. */
function withList(addresses: readonly string[]): VrrpDatagram {
  const list = addresses.flatMap((address) => [...addressBytes(address)]);
  const payload = Uint8Array.from([0x31, 7, 200, addresses.length, 0, 100, 0, 0, ...list]);
  const words = (bytes: Uint8Array): number[] => Array.from(
    { length: bytes.length / 2 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  const hex = (text: string): number[] => text.split(' ').map((word) => parseInt(word, 16));
  const pseudo = [...hex('fe80 0 0 0 0 ff fe00 2'), ...hex('ff02 0 0 0 0 0 0 12'), payload.length, 112];
  let sum = [...words(payload), ...pseudo].reduce((total, word) => total + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  payload.set([(0xffff - sum) >> 8, (0xffff - sum) & 0xff], 6);
  return { ...datagram(), payload };
}

describe('an IPv6 advertisement of another daemon', () => {
  test.each([['K8', 200], ['K9', 0], ['R6', 200], ['R7', 0]])('B01: frame %s is accepted', (id, priority) => {
    const context = (): ReceiveContext => ({ ...contextOf({ advertIntervalMs: 100 }), primaryAddress: P6 });
    expect(checkReceived(capturedDatagram(id), context)).toEqual({
      ok: true, vrid: 7, advertisement: adv6(priority, { advertIntervalMs: 100 }), checksumForm: 'pseudo-header',
      remarks: [],
    });
  });

  test('B38: frame R5 of FRR, without a link-local address, is accepted where that is tolerated, unremarked', () => {
    const frame = capturedDatagram('R5');
    expect(receive(frame, { advertIntervalMs: 100 })).toEqual(discarded('address-list-error'));
    expect(receive(frame, { advertIntervalMs: 100, ...TOLERANT })).toMatchObject({
      ok: true, advertisement: { addresses: [GLOBAL6.address] }, remarks: [],
    });
  });
});

describe('over IPv6 is discarded', () => {
  test('B02, B03: a hop limit other than 255 [RFC9568-5.1.2.3-1]', () => {
    for (const ttl of [0, 1, 64, 254]) {
      expect(receive(datagram(adv6(200), { ttl }))).toEqual(discarded('ttl-error'));
    }
  });

  test('B10: what only IPv4 is configured for, and the reverse', () => {
    const ipv4: ReceiveContext = { parameters: f3(), primaryAddress: OWN };
    const onlyIpv4 = (vrid: number, family: 4 | 6): ReceiveContext | undefined =>
      (vrid === 7 && family === 4 ? ipv4 : undefined);
    expect(checkReceived(datagram(), onlyIpv4)).toEqual({ ok: false, reason: 'unknown-vrid' });
    expect(receive(datagramOf(adv(200)))).toEqual({ ok: false, reason: 'unknown-vrid' });
    // Also where the lookup does not look at the family.
    expect(checkReceived(datagram(), () => ipv4)).toEqual({ ok: false, reason: 'unknown-vrid' });
    expect(checkReceived(datagramOf(adv(200)), () => contextOf())).toEqual({ ok: false, reason: 'unknown-vrid' });
  });

  test('B10: two routers with one VRID, one for each family, hear each their own', () => {
    const both = (_vrid: number, family: 4 | 6): ReceiveContext =>
      (family === 6 ? contextOf() : { parameters: f3(), primaryAddress: OWN });
    expect(checkReceived(datagram(), both)).toMatchObject({ ok: true, advertisement: adv6(200) });
    expect(checkReceived(datagramOf(adv(200)), both)).toMatchObject({ ok: true, advertisement: adv(200) });
  });

  test('B12, B13, B14: a length that the count does not state', () => {
    const { payload } = datagram();
    const longer = (count: number): Uint8Array => Uint8Array.from([...payload, ...new Uint8Array(count)]);
    const longerOnes = [4, 8, 16, 28].map(longer);
    for (const wrong of [payload.subarray(0, 39), payload.subarray(0, 24), ...longerOnes]) {
      expect(receive({ ...datagram(), payload: wrong })).toEqual(discarded('packet-length-error'));
    }
  });

  test('B21: each single wrong bit', () => {
    const { payload } = datagram();
    const accepted = Array.from({ length: payload.length * 8 }, (_, bit) => {
      const flipped = Uint8Array.from(payload, (byte, index) => byte ^ (index === bit >> 3 ? 1 << (bit & 7) : 0));
      return receive({ ...datagram(), payload: flipped });
    }).filter(({ ok }) => ok);
    expect(accepted).toEqual([]);
  });

  test('B26: a checksum without the pseudo-header, however strict the rules [RFC9568-5.2.8-2]', () => {
    const short = datagram(adv6(200), {}, { checksumForm: 'message-only' });
    expect(receive(short)).toEqual(discarded('checksum-error'));
    expect(receive(short, { checksum: 'rfc9568-strict' })).toEqual(discarded('checksum-error'));
    expect(receive(datagram(), { checksum: 'rfc9568-strict' })).toMatchObject({ ok: true });
  });

  test('B38: a list that does not begin with a link-local address [RFC9568-5.2.9-3]', () => {
    for (const list of [[GLOBAL6.address], [GLOBAL6.address, VIP6.address], ['fec0::1', VIP6.address], ['fe8::1']]) {
      expect(receive(withList(list))).toEqual(discarded('address-list-error'));
    }
    expect(receive(withList(['febf::1', VIP6.address, GLOBAL6.address]))).toMatchObject({ ok: true });
  });

  test('B39: what was not sent to the group [RFC9568-5.1.2.2-1]', () => {
    for (const destination of [OWN6, 'ff02::1']) {
      expect(receive(datagram(adv6(200), { destination }))).toEqual(discarded('destination-error'));
    }
  });

  test('B40: what comes from our own address', () => {
    expect(receive(datagram(adv6(200), { source: OWN6 }))).toEqual(discarded('own-packet'));
  });

  test('a stranger: our VRID and none of our addresses', () => {
    expect(receive(datagram(adv6(200, { addresses: ['fe80::200'] })))).toEqual(discarded('vrid-collision'));
    const stranger = withList(['fd09::200']);
    expect(receive(stranger, TOLERANT)).toEqual(discarded('vrid-collision'));
  });
});

describe('over IPv6 is accepted', () => {
  test('B17: a list of 255 addresses, as a stranger or with a remark', () => {
    const many = Array.from({ length: 254 }, (_, index) => `fd09:1::${index.toString(16)}`);
    expect(receive(withList([VIP6.address, ...many]))).toMatchObject({ ok: true, remarks: ['address-drift'] });
    expect(receive(withList(['fe80::999', ...many]))).toEqual(discarded('vrid-collision'));
  });

  test('B35: the link-local address first and the others in another order, without a remark', () => {
    const third = { address: 'fd09::101', prefixLength: 64 };
    const permuted = datagram(adv6(200, { addresses: [VIP6.address, third.address, GLOBAL6.address] }));
    expect(receive(permuted, { addresses: [VIP6, GLOBAL6, third] })).toMatchObject({ ok: true, remarks: [] });
  });

  test('more or fewer addresses than ours, with a remark', () => {
    expect(receive(datagram(adv6(200, { addresses: [VIP6.address] })))).toMatchObject({ remarks: ['address-drift'] });
    expect(receive(withList([GLOBAL6.address, 'fd09::9']), TOLERANT)).toMatchObject({ remarks: ['address-drift'] });
  });

  test('B30: another interval than ours, with a remark', () => {
    expect(receive(datagram(adv6(200, { advertIntervalMs: 500 })))).toMatchObject({ remarks: ['interval-mismatch'] });
  });
});

test('a datagram of neither family of its router is nobody\'s', () => {
  expect(receive(datagramOf(adv(200, { addresses: [VIP.address] })))).toEqual({ ok: false, reason: 'unknown-vrid' });
});

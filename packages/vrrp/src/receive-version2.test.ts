import { describe, expect, test } from '@jest/globals';
import type { Advertisement } from './advertisement.js';
import { adv, adv2, capturedDatagram, datagramOf, f2, OWN, P, VIP, VIP_2 } from './fixtures.js';
import { DEFAULT_RULES, type VirtualRouterParameters } from './parameters.js';
import { checkReceived, type ReceiveContext, type ReceiveResult, type VrrpDatagram } from './receive-checks.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const password = (text: string): ReceiveContext['demand'] => ({ kind: 'simple-password', password: bytesOf(text) });

function receive(
  datagram: VrrpDatagram, changes: Partial<VirtualRouterParameters> = {}, demand?: ReceiveContext['demand'],
): ReceiveResult {
  const context: ReceiveContext = { parameters: f2(changes), primaryAddress: OWN };
  return checkReceived(datagram, (vrid) => (vrid === 7 ? { ...context, ...(demand && { demand }) } : undefined));
}

const discarded = (reason: string): object => ({ ok: false, reason, vrid: 7 });

/** The datagram with one byte of its payload replaced and the sum over the message made right again. */
function withByte(original: VrrpDatagram, offset: number, value: number): VrrpDatagram {
  const payload = Uint8Array.from(original.payload);
  payload[offset] = value;
  payload.set([0, 0], 6);
  let sum = 0;
  for (const [index, byte] of payload.entries()) {
    sum += index % 2 === 0 ? byte * 256 : byte;
    if (sum > 0xffff) sum -= 0xffff;
  }
  payload.set([(0xffff - sum) >> 8, (0xffff - sum) & 0xff], 6);
  return { ...original, payload };
}

describe('a version 2 advertisement of another daemon', () => {
  test.each([['K1', 200], ['K2', 0], ['R1', 200], ['R2', 0]])('B01: frame %s is accepted', (id, priority) => {
    const context = (): ReceiveContext => ({ parameters: f2(), primaryAddress: P });
    expect(checkReceived(capturedDatagram(id), context)).toEqual({
      ok: true, vrid: 7, advertisement: adv2(priority), checksumForm: 'message-only', remarks: [],
    });
  });

  test('B01: frame K3 is accepted by who has the same password', () => {
    const context = (): ReceiveContext =>
      ({ parameters: f2(), primaryAddress: P, demand: { kind: 'simple-password', password: bytesOf('secret12') } });
    expect(checkReceived(capturedDatagram('K3'), context)).toMatchObject({ ok: true, advertisement: adv2(100) });
  });
});

describe('version 2 discards', () => {
  test('B02: a TTL other than 255 [RFC3768-5.2.3-1]', () => {
    for (const ttl of [0, 1, 254]) expect(receive(datagramOf(adv2(200), { ttl }))).toEqual(discarded('ttl-error'));
  });

  test('B05: version 3 [RFC3768-7.1-1]', () => {
    expect(receive(datagramOf(adv(200)))).toEqual(discarded('version-error'));
  });

  test('B06: every other version [RFC3768-7.1-1]', () => {
    for (const version of [0, 1, 3, 4, 15]) {
      expect(receive(withByte(datagramOf(adv2(200)), 0, (version << 4) | 1))).toEqual(discarded('version-error'));
    }
  });

  test('B07: every other type', () => {
    for (const type of [0, 2, 15]) {
      expect(receive(withByte(datagramOf(adv2(200)), 0, 0x20 | type))).toEqual(discarded('type-error'));
    }
  });

  test('B08: a VRID that is not configured', () => {
    expect(receive(datagramOf(adv2(200, { vrid: 8 })))).toEqual({ ok: false, reason: 'unknown-vrid' });
  });

  test('B13, B15: another length than its count states, with or without authentication data [RFC3768-7.1-2]', () => {
    const { payload } = datagramOf(adv2(200));
    const longer = Uint8Array.from([...payload, 0, 0, 0, 0]);
    for (const wrong of [payload.subarray(0, 12), payload.subarray(0, 19), payload.subarray(0, 8), longer]) {
      expect(receive({ ...datagramOf(adv2(200)), payload: wrong })).toEqual(discarded('packet-length-error'));
    }
  });

  test('B16: a count of 0', () => {
    const { payload } = datagramOf(adv2(200));
    const empty = { ...datagramOf(adv2(200)), payload: payload.slice(0, 16) };
    expect(receive(withByte(empty, 3, 0))).toEqual(discarded('packet-length-error'));
  });

  test('B21: each single wrong bit [RFC3768-7.1-3]', () => {
    const { payload } = datagramOf(adv2(200));
    const accepted = Array.from({ length: payload.length * 8 }, (_, bit) => {
      const flipped = Uint8Array.from(payload, (byte, index) => byte ^ (index === bit >> 3 ? 1 << (bit & 7) : 0));
      return receive({ ...datagramOf(adv2(200)), payload: flipped });
    }).filter(({ ok }) => ok);
    expect(accepted).toEqual([]);
  });

  test('B25: a checksum with the pseudo-header [RFC3768-5.3.8-1]', () => {
    const datagram = datagramOf(adv2(200), {}, { checksumForm: 'pseudo-header' });
    expect(receive(datagram)).toEqual(discarded('checksum-error'));
  });

  test('B31: another interval than ours, and none [RFC3768-7.1-4]', () => {
    expect(receive(datagramOf(adv2(200, { advertIntervalMs: 2000 })))).toEqual(discarded('interval-error'));
    expect(receive(withByte(datagramOf(adv2(200)), 5, 0))).toEqual(discarded('interval-error'));
  });

  test('B32: an authentication type that is not ours [RFC3768-5.3.6-2]', () => {
    for (const type of [1, 2, 255]) {
      expect(receive(withByte(datagramOf(adv2(200)), 4, type))).toEqual(discarded('authentication-type-mismatch'));
    }
    expect(receive(datagramOf(adv2(200)), {}, password('secret12'))).toEqual(discarded('authentication-type-mismatch'));
  });

  test('I06: a wrong password, be it a longer or a shorter one', () => {
    const proof = { kind: 'simple-password', password: bytesOf('secret') } as const;
    const datagram = datagramOf(adv2(200), {}, { proof });
    for (const wrong of ['Secret', 'secret1', 'secre', 'x']) {
      expect(receive(datagram, {}, password(wrong))).toEqual(discarded('authentication-failed'));
    }
    expect(receive(datagram, {}, password('secret'))).toMatchObject({ ok: true });
    expect(receive(datagram)).toEqual(discarded('authentication-type-mismatch'));
  });

  test('B36: other addresses than ours, unless an owner sends them [RFC3768-7.1-5]', () => {
    const more = { addresses: [VIP.address, VIP_2.address] };
    for (const priority of [0, 1, 200, 254]) {
      expect(receive(datagramOf(adv2(priority, more)))).toEqual(discarded('address-list-error'));
    }
  });

  test('B43: everything while we own the addresses [RFC3768-7.1-6]', () => {
    for (const priority of [0, 100, 255]) {
      expect(receive(datagramOf(adv2(priority)), { priority: 255 })).toEqual(discarded('owner-conflict'));
    }
  });

  test('B48: a CARP packet, by its length', () => {
    const payload = new Uint8Array(36).fill(0x5a);
    payload.set([0x21, 7, 0, 7]);
    expect(receive({ ...datagramOf(adv2(200)), payload })).toEqual(discarded('packet-length-error'));
  });

  test('B48: a CARP packet whose length fits, by its checksum', () => {
    const payload = new Uint8Array(36).fill(0x5a);
    payload.set([0x21, 7, 0, 5]);
    expect(receive({ ...datagramOf(adv2(200)), payload })).toEqual(discarded('checksum-error'));
  });

  test('B10: anything over IPv6, where there is no version 2', () => {
    const overIpv6 = { ...datagramOf(adv2(200)), source: 'fe80::2', destination: 'ff02::12' };
    expect(receive(overIpv6)).toEqual({ ok: false, reason: 'version-error', vrid: undefined });
  });
});

describe('version 2 accepts', () => {
  test('B33: authentication data of any kind behind type 0 [RFC3768-5.3.10-2]', () => {
    expect(receive(withByte(datagramOf(adv2(200)), 19, 0x77))).toMatchObject({ ok: true, remarks: [] });
  });

  test('B35: our addresses in another order', () => {
    const permuted: Advertisement = adv2(200, { addresses: [VIP_2.address, VIP.address] });
    expect(receive(datagramOf(permuted), { addresses: [VIP, VIP_2] })).toMatchObject({ ok: true, remarks: [] });
  });

  test('B37: other addresses from an owner, with a remark [RFC3768-7.1-5]', () => {
    const more = adv2(255, { addresses: [VIP.address, VIP_2.address] });
    expect(receive(datagramOf(more))).toMatchObject({ ok: true, remarks: ['address-drift'] });
    const others = datagramOf(adv2(255, { addresses: [VIP_2.address] }));
    expect(receive(others)).toEqual(discarded('vrid-collision'));
    const rules = { ...DEFAULT_RULES, vridCollision: 'process' } as const;
    expect(receive(others, { rules })).toMatchObject({ ok: true, remarks: ['address-list-mismatch'] });
  });
});

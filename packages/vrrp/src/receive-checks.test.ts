import { describe, expect, test } from '@jest/globals';
import { encodeAdvertisement, type Advertisement } from './advertisement.js';
import type { ChecksumForm } from './checksum.js';
import { adv, capturedDatagram, f3, OWN, P, VIP, VIP_2 } from './fixtures.js';
import { checkReceived, type ReceiveContext, type ReceiveResult, type VrrpDatagram } from './receive-checks.js';
import { DEFAULT_RULES, type VirtualRouterParameters } from './parameters.js';

const GROUP = '224.0.0.18';

/** VRID 7 with the parameters of F3, and nothing else, is configured on the receiving interface. */
const only7 = (changes: Partial<VirtualRouterParameters> = {}) => (vrid: number): ReceiveContext | undefined =>
  vrid === 7 ? { parameters: f3(changes), primaryAddress: OWN } : undefined;
/** The rules under which a stranger is a peer, as RFC 9568 has it. */
const process = { rules: { ...DEFAULT_RULES, vridCollision: 'process' } } as const;

/** A datagram with a valid advertisement from P, then changed. */
function datagram(
  advertisement: Advertisement = adv(200), changes: Partial<VrrpDatagram> = {},
  checksumForm: ChecksumForm = 'pseudo-header',
): VrrpDatagram {
  const envelope = { source: changes.source ?? P, destination: changes.destination ?? GROUP, checksumForm };
  const payload = encodeAdvertisement(advertisement, envelope);
  return { interface: 'eth0', source: P, destination: GROUP, ttl: 255, payload, headerValid: true, ...changes };
}

/** The datagram with one byte of its payload replaced and the checksum made right again. */
function withByte(original: VrrpDatagram, offset: number, value: number): VrrpDatagram {
  const payload = Uint8Array.from(original.payload);
  payload[offset] = value;
  payload.set([0, 0], 6);
  const checksum = referenceChecksum(payload);
  payload.set([checksum >> 8, checksum & 0xff], 6);
  return { ...original, payload };
}

/** RFC 1071 over the message alone, written a second time so that a mistake in the first one shows. */
function referenceChecksum(message: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of message.entries()) {
    sum += index % 2 === 0 ? byte * 256 : byte;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

const receive = (candidate: VrrpDatagram, lookup = only7()): ReceiveResult => checkReceived(candidate, lookup);
const discarded = (reason: string): object => ({ ok: false, reason, vrid: 7 });

describe('an advertisement of another daemon', () => {
  test.each([
    ['K4', 200, 100, 1], ['K5', 0, 100, 1], ['K6', 200, 100, 2], ['R3', 200, 100, 2], ['R4', 0, 100, 2],
  ])('B01, B23: frame %s is accepted', (id, priority, advertIntervalMs, addressCount) => {
    const lookup = (): ReceiveContext => ({
      parameters: f3({ advertIntervalMs: 100, addresses: [VIP, VIP_2].slice(0, addressCount) }), primaryAddress: P,
    });
    expect(checkReceived(capturedDatagram(id), lookup)).toMatchObject({
      ok: true, vrid: 7, checksumForm: 'pseudo-header', remarks: [], advertisement: { priority, advertIntervalMs },
    });
  });

  test.each(['K1', 'K3', 'R1'])('B05: frame %s of version 2 is discarded', (id) => {
    expect(receive(capturedDatagram(id))).toEqual(discarded('version-error'));
  });
});

describe('the order of the checks', () => {
  test('B02, B03: a TTL other than 255 is discarded, whatever it is [RFC9568-5.1.1.3-1]', () => {
    for (const ttl of [0, 1, 64, 254]) expect(receive(datagram(adv(200), { ttl }))).toEqual(discarded('ttl-error'));
  });

  test('a broken IP header is discarded before anything else', () => {
    expect(receive(datagram(adv(200), { headerValid: false, ttl: 1 }))).toEqual(discarded('packet-length-error'));
  });

  test('B06: any version but 3 is discarded [RFC9568-7.1-1]', () => {
    for (const version of [0, 1, 2, 4, 15]) {
      expect(receive(withByte(datagram(), 0, (version << 4) | 1))).toEqual(discarded('version-error'));
    }
  });

  test('B07: any type but 1 is discarded [RFC9568-5.2.2-1]', () => {
    for (const type of [0, 2, 15]) {
      expect(receive(withByte(datagram(), 0, 0x30 | type))).toEqual(discarded('type-error'));
    }
  });

  test('B08: a VRID that is not configured is discarded and blamed on no router [RFC9568-7.1-3]', () => {
    expect(receive(datagram(adv(200, { vrid: 8 })))).toEqual({ ok: false, reason: 'unknown-vrid' });
  });

  test('B09: a VRID that is configured on another interface only is discarded [RFC9568-7.1-3]', () => {
    expect(receive(datagram(), () => undefined)).toEqual({ ok: false, reason: 'unknown-vrid' });
  });

  test('a discard is blamed on the router that it names, and on none when it names nobody of ours', () => {
    for (const changes of [{ ttl: 1 }, { headerValid: false }, { payload: Uint8Array.of(0x41, 8, 0, 0, 0, 0, 0, 0) }]) {
      expect(receive(datagram(adv(200, { vrid: 8 }), changes))).toMatchObject({ ok: false, vrid: undefined });
    }
    expect(receive(datagram(adv(200), { ttl: 1 }))).toMatchObject({ ok: false, vrid: 7 });
  });

  test('VRID 0 belongs to no router [RFC9568-7.1-3]', () => {
    const asked: number[] = [];
    const lookup = (vrid: number): undefined => void asked.push(vrid);
    expect(receive(withByte(datagram(), 1, 0), lookup)).toEqual({ ok: false, reason: 'unknown-vrid' });
    expect(asked).toEqual([0]);
  });

  test('B11: fewer than 8 bytes are discarded [RFC9568-7.1-2]', () => {
    for (let length = 0; length < 8; length += 1) {
      const payload = datagram().payload.subarray(0, length);
      const vrid = length < 2 ? undefined : 7;
      expect(receive(datagram(adv(200), { payload }))).toEqual({ ok: false, reason: 'packet-length-error', vrid });
    }
  });

  test('B12, B13, B14: a length that the count does not state is discarded [RFC9568-7.1-2]', () => {
    const { payload } = datagram();
    const longer = (bytes: number): Uint8Array => Uint8Array.from([...payload, ...new Array<number>(bytes).fill(0)]);
    for (const wrong of [payload.subarray(0, 11), payload.subarray(0, 8), longer(1), longer(4), longer(8)]) {
      expect(receive(datagram(adv(200), { payload: wrong }))).toEqual(discarded('packet-length-error'));
    }
    expect(receive(withByte(datagram(), 3, 2))).toEqual(discarded('packet-length-error'));
  });

  test('B16: a count of 0 is discarded [RFC9568-5.2.5-1]', () => {
    const header = datagram(adv(200), { payload: datagram().payload.slice(0, 8) });
    expect(receive(withByte(header, 3, 0))).toEqual(discarded('packet-length-error'));
  });

  test('B21: each single wrong bit is discarded, in either form of the checksum [RFC9568-7.1-4]', () => {
    for (const form of ['pseudo-header', 'message-only'] as const) {
      const { payload } = datagram(adv(200, { addresses: [VIP.address, VIP_2.address] }), {}, form);
      const rejected = Array.from({ length: payload.length * 8 }, (_, bit) => {
        const flipped = Uint8Array.from(payload, (byte, index) => byte ^ (index === bit >> 3 ? 1 << (bit & 7) : 0));
        return receive(datagram(adv(200), { payload: flipped }));
      });
      expect(rejected.filter(({ ok }) => ok)).toEqual([]);
      const covered = rejected.slice(4 * 8).concat(rejected.slice(2 * 8, 3 * 8));
      expect(new Set(covered.map((result) => !result.ok && result.reason))).toEqual(new Set(['checksum-error']));
    }
  });

  test('B29: an interval of 0 is discarded [RFC9568-5.2.7-2]', () => {
    const zero = withByte(datagram(), 5, 0);
    expect(receive(zero)).toEqual(discarded('interval-error'));
    expect(receive(withByte(zero, 4, 0xf0))).toEqual(discarded('interval-error'));
  });

  test('B39: a packet to our own address is discarded [RFC9568-5.1.1.2-1]', () => {
    expect(receive(datagram(adv(200), { destination: OWN }))).toEqual(discarded('destination-error'));
  });

  test('B40: a packet from our own primary address is discarded', () => {
    expect(receive(datagram(adv(200), { source: OWN }))).toEqual(discarded('own-packet'));
  });

  test('a packet with every fault is blamed on the first one, and so on down the list', () => {
    let worst = datagram(adv(200), { source: OWN, destination: OWN, ttl: 1, headerValid: false });
    worst = { ...worst, payload: Uint8Array.of(0x40, 8, 200, 0, 0, 0, 0xff, 0xff) };
    const whole = { ...worst, payload: Uint8Array.of(0x31, 7, 200, 1, 0, 0, 0, 0, 10, 9, 0, 101) };
    const repairs: Partial<VrrpDatagram>[] = [
      { headerValid: true },
      { ttl: 255 },
      { payload: Uint8Array.of(0x30, 8, 200, 0, 0, 0, 0xff, 0xff) },
      { payload: Uint8Array.of(0x31, 8, 200, 0, 0, 0, 0xff, 0xff) },
      { payload: Uint8Array.of(0x31, 7, 200, 0, 0, 0, 0xff, 0xff) },
      { payload: Uint8Array.of(0x31, 7, 200, 1, 0, 0, 0xff, 0xff, 10, 9, 0, 101) },
      { payload: withByte(whole, 5, 0).payload },
      { payload: withByte(whole, 5, 1).payload },
      { destination: GROUP },
      { source: P },
      { payload: withByte({ ...whole, payload: withByte(whole, 5, 1).payload }, 11, 100).payload },
    ];
    const reasons = [receive(worst)];
    for (const repair of repairs) {
      worst = { ...worst, ...repair };
      reasons.push(receive(worst));
    }
    expect(reasons.map((result) => (result.ok ? 'accepted' : result.reason))).toEqual([
      'packet-length-error', 'ttl-error', 'version-error', 'type-error', 'unknown-vrid', 'packet-length-error',
      'checksum-error', 'interval-error', 'destination-error', 'own-packet', 'vrid-collision', 'accepted',
    ]);
  });
});

describe('what is accepted all the same', () => {
  test('B22: a checksum over the message only, and its form is told [RFC9568-5.2.8-1]', () => {
    expect(receive(datagram(adv(200), {}, 'message-only'))).toEqual({
      ok: true, vrid: 7, advertisement: adv(200), checksumForm: 'message-only', remarks: [],
    });
  });

  test('B28: reserved bits in front of the interval [RFC9568-5.2.6-2]', () => {
    const reserved = withByte(datagram(), 4, 0xf0);
    expect(receive(reserved)).toMatchObject({ ok: true, advertisement: adv(200), remarks: [] });
  });

  test('B30: another interval than ours, with a remark [RFC9568-7.1-5]', () => {
    expect(receive(datagram(adv(200, { advertIntervalMs: 500 }))))
      .toMatchObject({ ok: true, remarks: ['interval-mismatch'] });
  });

  test('B34, B35: more or fewer addresses than ours, with a remark [RFC9568-7.1-6]', () => {
    const drift = { ok: true, remarks: ['address-drift'] };
    expect(receive(datagram(adv(200, { addresses: [VIP.address, VIP_2.address] })))).toMatchObject(drift);
    const ours = only7({ addresses: [VIP, VIP_2] });
    expect(receive(datagram(), ours)).toMatchObject(drift);
    expect(receive(datagram(adv(200, { addresses: [VIP.address, VIP.address] })), ours)).toMatchObject(drift);
  });

  test('B34: none of our addresses, with a remark, if strangers are not ignored [RFC9568-7.1-6]', () => {
    const stranger = datagram(adv(200, { addresses: [VIP_2.address] }));
    expect(receive(stranger, only7(process))).toMatchObject({ ok: true, remarks: ['address-list-mismatch'] });
  });

  test('B35: our addresses in another order, without a remark [RFC9568-7.1-6]', () => {
    const permuted = datagram(adv(200, { addresses: [VIP_2.address, VIP.address] }));
    expect(receive(permuted, only7({ addresses: [VIP, VIP_2] }))).toMatchObject({ ok: true, remarks: [] });
  });

  test('B41: a source outside our subnet', () => {
    expect(receive(datagram(adv(200), { source: '192.0.2.9' }))).toMatchObject({ ok: true, remarks: [] });
  });

  test('B42, J07: anything while we own the addresses, with a remark [RFC9568-7.1-7]', () => {
    for (const priority of [0, 254, 255]) {
      expect(receive(datagram(adv(priority)), only7({ priority: 255 })))
        .toMatchObject({ ok: true, remarks: ['owner-conflict'] });
    }
    expect(receive(datagram(adv(255)))).toMatchObject({ ok: true, remarks: [] });
  });

  test('every remark that applies is made', () => {
    const odd = adv(200, { advertIntervalMs: 10, addresses: [VIP.address, VIP_2.address] });
    expect(receive(datagram(odd), only7({ priority: 255, knownRouters: [OWN] }))).toMatchObject({
      remarks: ['interval-mismatch', 'address-drift', 'owner-conflict', 'unknown-master'],
    });
  });

  test('an advertisement while our interface has no address of its own', () => {
    const lookup = (): ReceiveContext => ({ parameters: f3(), primaryAddress: undefined });
    expect(checkReceived(datagram(), lookup)).toMatchObject({ ok: true });
  });
});

describe('strangers and unknown routers', () => {
  test('a stranger with our VRID and none of our addresses is discarded, and blamed on the router', () => {
    for (const priority of [0, 100, 255]) {
      expect(receive(datagram(adv(priority, { addresses: [VIP_2.address] })))).toEqual(discarded('vrid-collision'));
    }
  });

  test('a master that is none of the routers we know is accepted, with a remark', () => {
    const known = only7({ knownRouters: ['10.9.0.3'] });
    expect(receive(datagram(), known)).toMatchObject({ ok: true, remarks: ['unknown-master'] });
    expect(receive(datagram(adv(0)), known)).toMatchObject({ ok: true, remarks: [] });
    expect(receive(datagram(adv(200), { source: '10.9.0.3' }), known)).toMatchObject({ ok: true, remarks: [] });
  });
});

describe('the form of the checksum', () => {
  test('B24: the pseudo-header is discarded by who follows RFC 9568 strictly [RFC9568-5.2.8-1]', () => {
    const strict = only7({ checksum: 'rfc9568-strict' });
    expect(receive(datagram(), strict)).toEqual(discarded('checksum-error'));
    expect(receive(datagram(adv(200), {}, 'message-only'), strict))
      .toMatchObject({ ok: true, checksumForm: 'message-only' });
  });

  test.each(['auto', 'pseudo-header', 'rfc9568'] as const)('B22, B23: %s accepts either form', (checksum) => {
    for (const form of ['pseudo-header', 'message-only'] as const) {
      const result = receive(datagram(adv(200), {}, form), only7({ checksum }));
      expect(result).toMatchObject({ ok: true, checksumForm: form });
    }
  });
});

test('B48: a CARP packet is discarded', () => {
  const payload = new Uint8Array(36).fill(0x5a);
  payload.set([0x21, 7]);
  expect(receive(datagram(adv(200), { payload }))).toEqual(discarded('version-error'));
});

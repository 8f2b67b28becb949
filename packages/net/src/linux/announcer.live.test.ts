// Announcements on a real wire. Run through packages/lab/bin/in-lab.
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatAddress } from '@baton/base';

import { encodeGratuitousArp, encodeNeighbourAdvertisement, formatMac, parseMac } from '../frames.js';
import { openAnnouncer } from './announcer.js';
import { createVethPair, ip, openTap, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';

describe('Announcer', () => {
  const announcer = openAnnouncer();
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
  let pair: VethPair;

  beforeAll(() => {
    pair = createVethPair(6);
    ip('link', 'set', pair.near, 'address', '02:00:00:00:00:09');
  });
  afterAll(() => {
    announcer.close();
    removeVethPair(pair);
  });

  const owned = (address: string, prefixLength: number): { interface: string; address: string; prefixLength: number } =>
    ({ interface: pair.near, address, prefixLength });

  test('every address is on the wire when announce returns, each once before any again, from its MAC', () => {
    const tap = openTap(pair.far);
    expect(announcer.announce([owned('10.99.6.100', 24), owned('2001:db8::100', 64)], 2)).toEqual({ ok: true });
    const arp = encodeGratuitousArp(mac, '10.99.6.100');
    const advertisement = encodeNeighbourAdvertisement(mac, '2001:db8::100');
    const frames = tap.frames().filter((frame) => frame[6] === 2 && frame[11] === 9);
    tap.close();
    expect(frames).toEqual([arp, advertisement, arp, advertisement]);
  });

  test('a host that knew another MAC for the address knows ours at once', () => {
    ip('neighbour', 'replace', '10.99.6.100', 'lladdr', '02:00:00:00:00:66', 'dev', pair.far, 'nud', 'reachable');
    announcer.announce([owned('10.99.6.100', 24)], 1);
    expect(neighbours()).toContain('02:00:00:00:00:09');
    expect(neighbours()).not.toContain('02:00:00:00:00:66');
  });

  test('an interface that is missing or down is told, and the others are announced', () => {
    const tap = openTap(pair.far);
    const addresses = [{ ...owned('192.0.2.1', 32), interface: 'no-such-link' }, owned('10.99.6.100', 24)];
    expect(announcer.announce(addresses, 1)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(tap.frames().filter((frame) => frame[13] === 6)).toHaveLength(1);
    tap.close();
    ip('link', 'set', pair.near, 'down');
    expect(announcer.announce([owned('10.99.6.100', 24)], 1)).toEqual({ ok: false, errno: 'ENETDOWN' });
    ip('link', 'set', pair.near, 'up');
  });

  test('with a virtual MAC and the reply form, by the interface that is named [A19, A20]', () => {
    const other = createVethPair(7);
    const virtualMac = '00:00:5e:00:01:07';
    const taps = [openTap(pair.far), openTap(other.far)] as const;
    const addresses = [
      { ...owned('10.99.6.100', 24), interface: 'vr4.7.1' }, { ...owned('fd09::100', 64), interface: 'vr4.7.1' },
    ];
    const result = announcer.announce(addresses, 1, { form: 'reply', sourceMac: virtualMac, via: other.near });
    const [here, there] = taps.map((tap) =>
      tap.frames().filter((frame) => formatMac(frame.subarray(6, 12)) === virtualMac));
    for (const tap of taps) tap.close();
    removeVethPair(other);
    expect(result).toEqual({ ok: true });
    expect(here).toEqual([]);
    expect(there).toEqual([
      encodeGratuitousArp(parseMac(virtualMac), '10.99.6.100', 'reply'),
      encodeNeighbourAdvertisement(parseMac(virtualMac), 'fd09::100'),
    ]);
  });

  test('by another interface without a virtual MAC, frames carry that interface\'s own', () => {
    const tap = openTap(pair.far);
    announcer.announce([{ ...owned('10.99.6.100', 24), interface: 'elsewhere' }], 1, { via: pair.near });
    const frames = tap.frames().filter((frame) => frame[13] === 6);
    tap.close();
    expect(frames).toEqual([encodeGratuitousArp(mac, '10.99.6.100')]);
  });

  test.each(['request', 'reply'] as const)('a host learns the virtual MAC from a %s', (form) => {
    ip('neighbour', 'replace', '10.99.6.100', 'lladdr', '02:00:00:00:00:66', 'dev', pair.far, 'nud', 'reachable');
    announcer.announce([owned('10.99.6.100', 24)], 1, { form, sourceMac: '00:00:5e:00:01:07' });
    expect(neighbours()).toContain('00:00:5e:00:01:07');
    expect(neighbours()).not.toContain('02:00:00:00:00:66');
  });

  test('a stale owner answers a request, which takes switches back to it, and no reply', async () => {
    const virtualMac = '00:00:5e:00:01:07';
    ip('address', 'add', '10.99.6.100/32', 'dev', pair.far);
    const tap = openTap(pair.near);
    const answers: string[] = [];
    const collectAnswers = (): readonly string[] => {
      // ARP, operation 2: whose address it tells.
      const replies = tap.frames().filter((frame) => frame[13] === 6 && frame[21] === 2 && frame[0] !== 0xff);
      answers.push(...replies.map((frame) => formatAddress(frame.subarray(28, 32))));
      return answers;
    };
    announcer.announce([owned('10.99.6.100', 24)], 1, { form: 'reply', sourceMac: virtualMac });
    announcer.announce([owned(pair.farAddress, 24)], 1, { form: 'request', sourceMac: virtualMac });
    await until('an answer to the request', () => collectAnswers().length > 0);
    announcer.announce([owned('10.99.6.100', 24)], 1, { form: 'request', sourceMac: virtualMac });
    await until('another one', () => collectAnswers().length > 1);
    tap.close();
    ip('address', 'delete', '10.99.6.100/32', 'dev', pair.far);
    expect(answers).toEqual([pair.farAddress, '10.99.6.100']);
  });

  test('nothing to announce is no failure', () => {
    expect(announcer.announce([], 5)).toEqual({ ok: true });
    expect(announcer.announce([owned('192.0.2.1', 32)], 0)).toEqual({ ok: true });
  });
});

/** The kernel's ARP table. */
function neighbours(): string {
  return readFileSync('/proc/net/arp', 'latin1');
}

// Interfaces that change under the monitor. Run through packages/lab/bin/in-lab.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { LinkMonitor, LinkState } from '../index.js';
import { openAddressOwner } from './address-owner.js';
import { openLinkMonitor } from './link-monitor.js';
import { createVethPair, ip, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';

describe('LinkMonitor', () => {
  let pair: VethPair;
  let monitor: LinkMonitor;

  beforeEach(() => {
    pair = createVethPair(4);
    monitor = openLinkMonitor();
  });
  afterEach(() => {
    monitor.close();
    removeVethPair(pair);
  });

  function watch(): LinkState[] {
    const told: LinkState[] = [];
    monitor.watch([pair.near], (state) => told.push(state));
    return told;
  }

  test('reads an interface fresh: index, MAC, up, and addresses with the first one first', () => {
    ip('link', 'set', pair.near, 'address', '02:00:00:00:00:07');
    ip('address', 'add', '10.99.4.100/24', 'dev', pair.near);
    ip('address', 'add', '10.0.0.1/8', 'dev', pair.near);
    const state = monitor.read(pair.near);
    expect(state).toEqual({
      interface: pair.near, exists: true, up: true, index: state.index, mac: '02:00:00:00:00:07',
      addresses: [
        { address: '10.99.4.1', prefixLength: 24 }, { address: '10.0.0.1', prefixLength: 8 },
        { address: '10.99.4.100', prefixLength: 24 },
      ],
    });
    expect(state.index).toBeGreaterThan(0);
  });

  test('a missing interface is told as such', () => {
    expect(monitor.read('no-such-link')).toEqual(
      { interface: 'no-such-link', exists: false, up: false, index: 0, mac: undefined, addresses: [] });
  });

  test.each(['near', 'far'] as const)('tells when the %s end goes down and up again', async (end) => {
    const told = watch();
    ip('link', 'set', pair[end], 'down');
    await until('down is told', () => told.at(-1)?.up === false);
    ip('link', 'set', pair[end], 'up');
    await until('up is told', () => told.at(-1)?.up === true);
  });

  test('tells of an address that comes and goes, once each', async () => {
    const told = watch();
    const before = monitor.read(pair.near).addresses;
    ip('address', 'add', '192.0.2.1/32', 'dev', pair.near);
    await until('the address is told', () => told.length > 0);
    ip('address', 'delete', '192.0.2.1/32', 'dev', pair.near);
    await until('its going is told', () => told.length > 1);
    expect(told.map(({ addresses }) => addresses)).toEqual(
      [[...before, { address: '192.0.2.1', prefixLength: 32 }], before]);
  });

  test('an IPv6 address is told when it can be used, not while it is being checked for duplicates', async () => {
    const told = watch();
    ip('address', 'add', 'fe80::5/64', 'dev', pair.near);
    expect(monitor.read(pair.near).addresses).not.toContainEqual({ address: 'fe80::5', prefixLength: 64 });
    await until('it is told', () => told.at(-1)?.addresses.some(({ address }) => address === 'fe80::5') === true);
  });

  test('an interface that is made again is told with another index', async () => {
    const told = watch();
    const { index } = monitor.read(pair.near);
    removeVethPair(pair);
    await until('it is gone', () => told.at(-1)?.exists === false);
    pair = createVethPair(4);
    await until('it is back', () => told.at(-1)?.exists === true && told.at(-1)?.up === true);
    expect(told.at(-1)?.index).not.toBe(index);
  });

  test('an interface that did not exist when the watch began is told when it comes', async () => {
    const told: LinkState[] = [];
    monitor.watch(['bt5a'], (state) => told.push(state));
    const late = createVethPair(5);
    try {
      await until('it is there', () => told.at(-1)?.up === true);
    } finally {
      removeVethPair(late);
    }
  });

  test('does not tell of other interfaces, and not after close', async () => {
    const told = watch();
    ip('address', 'add', '192.0.2.1/32', 'dev', pair.far);
    ip('address', 'add', '192.0.2.2/32', 'dev', pair.near);
    await until('its own change', () => told.length > 0);
    expect(told).toHaveLength(1);
    monitor.close();
    ip('address', 'add', '192.0.2.3/32', 'dev', pair.near);
    const marker = openLinkMonitor();
    const heard: LinkState[] = [];
    marker.watch([pair.near], (state) => heard.push(state));
    ip('address', 'add', '192.0.2.4/32', 'dev', pair.near);
    await until('the marker hears', () => heard.length > 0);
    marker.close();
    expect(told).toHaveLength(1);
  });

  test('after an overrun of the kernel\'s queue the last state is told, and later changes too', async () => {
    const told = watch();
    const owner = openAddressOwner();
    const wanted = { interface: pair.near, address: '192.0.2.9', prefixLength: 32 };
    // Each change of another interface is a notice in the kernel's queue, and nothing reads it meanwhile: when it is
    // full, the notice of the change that counts is lost.
    for (let round = 0; round < 8000; round += 1) {
      owner.claim({ ...wanted, interface: pair.far });
      owner.release({ ...wanted, interface: pair.far });
    }
    owner.claim(wanted);
    await until('the address is told', () => told.at(-1)?.addresses.length === 2);
    owner.release(wanted);
    await until('its going is told', () => told.at(-1)?.addresses.length === 1);
    owner.close();
  });
});

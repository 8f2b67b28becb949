import { expect, test } from '@jest/globals';

import { missingCapabilities } from './capabilities.js';

const status = (effective: string): string =>
  `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nCapBnd:\t0\n`;

test('names what is not effective, whatever is permitted', () => {
  expect(missingCapabilities(status('0000000000003000'))).toEqual([]);
  expect(missingCapabilities(status('000001ffffffffff'))).toEqual([]);
  expect(missingCapabilities(status('0000000000001000'))).toEqual(['CAP_NET_RAW']);
  expect(missingCapabilities(status('0000000000002000'))).toEqual(['CAP_NET_ADMIN']);
  expect(missingCapabilities(status('0000000000000000'))).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW']);
});

test('a status without the line is a process without capabilities', () => {
  expect(missingCapabilities('')).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW']);
});

test('reads this process unless told otherwise', () => {
  expect(['CAP_NET_ADMIN', 'CAP_NET_RAW']).toEqual(expect.arrayContaining(missingCapabilities()));
});

import { describe, expect, test } from '@jest/globals';

import {
  addAddressSet, addInputChain, addSetAddresses, addTable, appendRule, compare, decide, deleteTable, loadBytes,
  loadFact, lookUp, type FilterChange,
} from './nftables.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const INET = '01000000';
const TABLE = '06000100' + '74000000'; // attribute 1: t
const written = (change: FilterChange): unknown => ({ ...change, body: hex(change.body) });

describe('changes', () => {
  test('a table is made and removed by its name', () => {
    expect(written(addTable('t'))).toEqual({ type: 0x0a00, flags: 0x400, body: INET + TABLE });
    expect(written(deleteTable('t'))).toEqual({ type: 0x0a02, flags: 0, body: INET + TABLE });
  });

  test.each([[4, '00000007', '00000004'], [6, '00000008', '00000010']] as const)(
    'a set of IPv%i addresses: flags, type and length of its keys, number within the transaction',
    (family, type, length) => {
      expect(written(addAddressSet('t', 's', family))).toEqual({
        type: 0x0a09, flags: 0x400,
        body: INET + TABLE + '06000200' + '73000000' + '08000300' + '00000000' + '08000400' + type
          + '08000500' + length + '08000a00' + `0000000${String(family)}`,
      });
    });

  test('addresses of a set: one element for each, around key and value', () => {
    const addresses = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)];
    const element = (last: string): string => '10000180' + '0c000180' + '08000100' + `c00002${last}`;
    expect(written(addSetAddresses('t', 's', addresses))).toEqual({
      type: 0x0a0c, flags: 0x400,
      body: INET + TABLE + '06000200' + '73000000' + '24000380' + element('01') + element('02'),
    });
  });

  test('a chain of filter type on the input hook with priority 0 accepts what no rule drops', () => {
    expect(written(addInputChain('t', 'c'))).toEqual({
      type: 0x0a03, flags: 0x400,
      body: INET + TABLE + '06000300' + '63000000' + '14000480' + '08000100' + '00000001' + '08000200' + '00000000'
        + '08000500' + '00000001' + '0b000700' + '66696c7465720000',
    });
  });

  test('a rule goes behind those that are there', () => {
    expect(written(appendRule('t', 'c', [Uint8Array.of(1, 2, 3, 4)]))).toEqual({
      type: 0x0a06, flags: 0xc00, body: INET + TABLE + '06000200' + '63000000' + '08000480' + '01020304',
    });
  });
});

describe('steps of a rule', () => {
  const target = '08000100' + '00000001';

  test.each([
    ['a fact', loadFact('ip-version'), '24000180' + '09000100' + '6d65746100000000' + '14000280' + target + '08000200'
      + '0000000f'],
    ['bytes of the packet', loadBytes('network', 16, 4), '34000180' + '0c000100' + '7061796c6f616400'.padEnd(16, '0')
      + '24000280' + target + '08000200' + '00000001' + '08000300' + '00000010' + '08000400' + '00000004'],
    ['a comparison', compare('at-least', [135]), '2c000180' + '08000100' + '636d7000' + '20000280' + target + '08000200'
      + '00000005' + '0c000380' + '05000100' + '87000000'],
    ['a look into a set', lookUp('s', 6), '2c000180' + '0b000100' + '6c6f6f6b75700000' + '1c000280' + '06000100'
      + '73000000' + '08000200' + '00000001' + '08000400' + '00000006'],
    ['a verdict', decide('drop'), '30000180' + '0e000100' + '696d6d6564696174650000' + '00' + '1c000280' + '08000100'
      + '00000000' + '10000280' + '0c000280' + '08000100' + '00000000'],
  ])('%s', (_, step, bytes) => {
    expect(hex(step)).toBe(bytes);
  });
});

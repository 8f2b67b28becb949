import { describe, expect, test } from '@jest/globals';

import {
  concatenate, decodeAttributes, decodeText, encodeAttribute, encodeText, encodeUint32,
} from './attribute.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('attributes', () => {
  test('a value is preceded by length and type and padded to 4', () => {
    expect(hex(encodeAttribute(3, Uint8Array.of(0x61, 0)))).toBe('0600030061000000');
  });

  test('what was written is read back, without the nested flag', () => {
    const attributes = Uint8Array.from([
      ...encodeAttribute(0x8000 | 1, Uint8Array.of(9)), ...encodeAttribute(2, Uint8Array.of(1, 2, 3, 4)),
    ]);
    expect(decodeAttributes(attributes)).toEqual(new Map([[1, Uint8Array.of(9)], [2, Uint8Array.of(1, 2, 3, 4)]]));
  });

  test.each([
    ['a length below its own header', '03000100'],
    ['a length beyond the bytes', '0900010001020304'],
    ['half a header', '0800'],
  ])('an attribute with %s ends the reading', (_, text) => {
    expect(decodeAttributes(bytes(text))).toEqual(new Map());
  });
});

describe('values', () => {
  test('numbers are written in the machine\'s order', () => {
    expect(hex(encodeUint32(1, 0x01020304))).toBe('0100000004030201');
  });

  test('text ends with a zero and is read up to it', () => {
    expect(hex(encodeText('ab'))).toBe('616200');
    expect(decodeText(bytes('61620063'))).toBe('ab');
    expect(decodeText(bytes('6162'))).toBe('ab');
    expect(decodeText(undefined)).toBeUndefined();
  });

  test('parts are put behind one another', () => {
    expect(hex(concatenate([bytes('01'), bytes(''), bytes('0203')]))).toBe('010203');
  });
});

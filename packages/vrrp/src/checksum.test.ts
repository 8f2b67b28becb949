import { describe, expect, test } from '@jest/globals';
import { acceptedChecksumForms, computeChecksum, sentChecksumForm, verifyChecksum } from './checksum.js';
import { fromHex } from './fixtures.js';

const GROUP = '224.0.0.18';
const SOURCE = '10.9.0.1';
/** The message of frame K4 without its checksum. */
const K4 = fromHex('3107c801000a00000a090064');

const withChecksum = (message: Uint8Array, checksum: number): Uint8Array => {
  const copy = Uint8Array.from(message);
  copy.set([checksum >> 8, checksum & 0xff], 6);
  return copy;
};

describe('the checksum of a message', () => {
  test('covers the message only (RFC 9568), or the pseudo-header too (other daemons) [RFC9568-5.2.8-1]', () => {
    expect(computeChecksum(K4, 'message-only', SOURCE, GROUP)).toBe(0xfc7f);
    expect(computeChecksum(K4, 'pseudo-header', SOURCE, GROUP)).toBe(0x11e7);
  });

  test('does not depend on what its own field holds', () => {
    expect(computeChecksum(withChecksum(K4, 0xffff), 'message-only', SOURCE, GROUP)).toBe(0xfc7f);
  });

  test('folds carries of a long message more than once', () => {
    // 518 words: the header 0x3107 + 0xc8ff + 0x000a and 510 words of 0xffff, which count as zero.
    const message = new Uint8Array(8 + 255 * 4).fill(0xff);
    message.set(fromHex('3107c8ff000a0000'));
    expect(computeChecksum(message, 'message-only', SOURCE, GROUP)).toBe(~(0x3107 + 0xc8ff + 0x000a) & 0xffff);
  });

  test('is verified in either form, and in no other', () => {
    const both = ['pseudo-header', 'message-only'] as const;
    expect(verifyChecksum(withChecksum(K4, 0x11e7), both, SOURCE, GROUP)).toBe('pseudo-header');
    expect(verifyChecksum(withChecksum(K4, 0xfc7f), both, SOURCE, GROUP)).toBe('message-only');
    expect(verifyChecksum(withChecksum(K4, 0x11e8), both, SOURCE, GROUP)).toBeUndefined();
    expect(verifyChecksum(withChecksum(K4, 0x11e7), both, SOURCE, '224.0.0.19')).toBeUndefined();
    expect(verifyChecksum(withChecksum(K4, 0x11e7), both, '10.9.0.2', GROUP)).toBeUndefined();
  });

  test('is not accepted in a form that fits but was not asked for', () => {
    expect(verifyChecksum(withChecksum(K4, 0x11e7), ['message-only'], SOURCE, GROUP)).toBeUndefined();
    expect(verifyChecksum(withChecksum(K4, 0xfc7f), ['pseudo-header'], SOURCE, GROUP)).toBeUndefined();
  });

  test.each([
    [3, 4, 'auto', 'pseudo-header', ['pseudo-header', 'message-only']],
    [3, 4, 'pseudo-header', 'pseudo-header', ['pseudo-header', 'message-only']],
    [3, 4, 'rfc9568', 'message-only', ['pseudo-header', 'message-only']],
    [3, 4, 'rfc9568-strict', 'message-only', ['message-only']],
    [3, 6, 'auto', 'pseudo-header', ['pseudo-header']],
    [3, 6, 'rfc9568-strict', 'pseudo-header', ['pseudo-header']],
    [2, 4, 'auto', 'message-only', ['message-only']],
    [2, 4, 'pseudo-header', 'message-only', ['message-only']],
  ] as const)('in version %d over IPv%d, configured as %s, is sent as %s and accepted as %j '
    + '[RFC9568-5.2.8-1] [RFC9568-5.2.8-2] [RFC3768-5.3.8-1]', (version, family, checksum, sent, accepted) => {
    expect(sentChecksumForm({ version, family, checksum })).toBe(sent);
    expect(acceptedChecksumForms({ version, family, checksum })).toEqual(accepted);
  });
});

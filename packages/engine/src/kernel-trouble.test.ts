// A kernel that does not answer: nobody ends by it, and it is told.

import { describe, expect, test } from '@jest/globals';
import { BatonError } from '@baton/base';
import { FakeHost, router } from './fixtures.js';
import { answerSnapshot, tellLinkReadFailure, type ProcessFacts } from './kernel-trouble.js';

const FACTS: ProcessFacts = { pid: 1, scheduling: 'rr', rssBytes: 2, observer: 'off', senders: [] };
const SILENT = new BatonError('ERR_LINUX_NETLINK_FAILED', 'no answer');

describe('a question for a snapshot', () => {
  test('is answered with what engine and process know', () => {
    const host = new FakeHost();
    host.engine.configure(3, [router()]);
    expect(answerSnapshot(7, host.engine, () => FACTS)).toMatchObject({
      type: 'snapshot',
      id: 7,
      routers: [{ name: 'web' }],
      engine: { ...FACTS, generation: 3, driver: 'native' },
    });
  });

  test('that the kernel does not allow is not answered, told once a minute, and ends nothing', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.kernelError = SILENT;
    for (let time = 0; time < 5; time += 1) expect(answerSnapshot(time, host.engine, () => FACTS)).toBeUndefined();
    expect(host.told('snapshot-failed')).toEqual([{ message: expect.stringContaining('no answer') as unknown }]);
    host.kernelError = undefined;
    expect(answerSnapshot(8, host.engine, () => FACTS)).toBeDefined();
  });
});

test('an interface that cannot be read is told once a minute, each by itself', () => {
  const host = new FakeHost();
  for (let time = 0; time < 5; time += 1) tellLinkReadFailure(host.engine, 'eth0', SILENT);
  tellLinkReadFailure(host.engine, 'eth1', SILENT);
  expect(host.told('link-read-failed')).toEqual([
    { interface: 'eth0', message: expect.stringContaining('no answer') as unknown },
    { interface: 'eth1', message: expect.stringContaining('no answer') as unknown },
  ]);
});

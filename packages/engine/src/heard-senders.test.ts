import { expect, test } from '@jest/globals';
import { HeardSenders, MAX_HEARD_SENDERS } from './heard-senders.js';

const heard = (source: string, mac: string): Parameters<HeardSenders['note']>[0] => ({
  kind: 'router-heard',
  interface: 'eth0',
  source,
  mac,
  ttl: 255,
  payload: new Uint8Array(),
});

test('two MAC addresses that send from one address are both remembered, the one heard last at the end', () => {
  const senders = new HeardSenders();
  senders.note(heard('10.9.0.2', '02:00:00:00:00:02'));
  senders.note(heard('10.9.0.2', '02:00:00:00:00:99'));
  senders.note(heard('10.9.0.2', '02:00:00:00:00:02'));
  expect(senders.list().map(({ mac }) => mac)).toEqual(['02:00:00:00:00:99', '02:00:00:00:00:02']);
});

test('who invents senders makes the oldest forgotten', () => {
  const senders = new HeardSenders();
  for (let index = 0; index <= MAX_HEARD_SENDERS; index += 1) senders.note(heard(`10.9.1.${String(index)}`, 'x'));
  expect(senders.list()).toHaveLength(MAX_HEARD_SENDERS);
  expect(senders.list()[0]?.address).toBe('10.9.1.1');
});

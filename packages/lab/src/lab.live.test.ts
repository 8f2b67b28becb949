import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { KeepalivedNode } from './keepalived.js';
import { Lan } from './namespaces.js';
import { Observer } from './observer.js';
import { Probe } from './probe.js';
import { Responder } from './responder.js';
import { monotonicMs, waitFor } from './waiting.js';

const VIP = '10.9.0.100';
/** Other work on the machine must not make keepalived late: it would be measured as an outage, or elect another one. */
const REALTIME = ['chrt', '--rr', '10'];

describe('the lab, proven with keepalived', () => {
  let lan: Lan;
  let nodes: KeepalivedNode[];

  beforeEach(async () => {
    lan = await Lan.create(['a', 'b']);
    nodes = lan.nodes.map((host, index) => new KeepalivedNode(host, {
      priority: index === 0 ? 254 : 253, advertIntervalMs: 100, addresses: [`${VIP}/24`], launcher: REALTIME,
    }));
    for (const node of nodes) await node.start();
  });

  afterEach(async () => {
    for (const node of nodes) await node.kill();
    await lan.close();
  });

  test('a client sees who answers, and how long nobody did when the master is unplugged', async () => {
    const responders = [];
    for (const host of lan.nodes) responders.push(await Responder.start(host, [VIP]));
    const probe = await Probe.start(lan.client, VIP);
    await waitFor('a to answer', 5_000, () => probe.owner === 'a');
    expect(await lan.holders(VIP)).toEqual(['a']);

    const from = monotonicMs();
    await lan.setCable('a', 'down');
    await waitFor('b to answer', 5_000, () => probe.owner === 'b');
    const report = await probe.report(from);

    // 2 to 3 intervals and a skew time of about 1 ms, plus what starting `ip` took.
    expect(report.outageMs).toBeGreaterThan(150);
    expect(report.outageMs).toBeLessThan(400);
    expect(report.owners.map((change) => change.node).at(-1)).toBe('b');
    await waitFor('a to let go', 5_000, async () => (await lan.holders(VIP)).join() === 'b');
    await probe.stop();
    for (const responder of responders) await responder.kill();
  });

  test('the observer sees advertisements and announcements, and counts who answers for the address', async () => {
    const observer = await Observer.start(lan);
    const from = monotonicMs();
    await waitFor('a to hold the address', 5_000, async () => (await lan.holders(VIP)).join() === 'a');
    expect(await observer.advertisement('a', from, 5_000))
      .toMatchObject({ source: '10.9.0.1', priority: 254, version: 3, ttl: 255 });
    expect(await observer.whoHas(VIP)).toEqual(['a']);

    const stopped = monotonicMs();
    await nodes[0]?.stop();
    expect((await observer.advertisement('a', stopped, 5_000, (seen) => seen.priority === 0)).priority).toBe(0);
    const takeover = await observer.advertisement('b', stopped, 5_000);
    await waitFor('b to announce', 5_000, () => observer.announcements(VIP, takeover.at).length > 0);
    expect(observer.announcements(VIP, takeover.at)[0]?.senderMac).toBe(lan.host('b').mac);

    await lan.changeAddress('a', 'add', `${VIP}/24`);
    expect(await observer.whoHas(VIP)).toEqual(['a', 'b']);
    await observer.stop();
  });

  test('a node that is cut off does not notice, and nobody hears it until it is healed', async () => {
    const observer = await Observer.start(lan);
    await observer.advertisement('a', monotonicMs(), 5_000);
    await lan.cut('a');
    const cutAt = monotonicMs();
    await observer.advertisement('b', cutAt, 5_000);
    expect(observer.advertisements(cutAt + 20).some((seen) => seen.source === lan.host('a').address)).toBe(false);
    expect(await lan.holders(VIP)).toEqual(['a', 'b']);
    await lan.heal('a');
    await waitFor('one holder', 5_000, async () => (await lan.holders(VIP)).join() === 'a');
    await observer.stop();
  });

  test('dropped packets are dropped until the rule is taken back', async () => {
    const observer = await Observer.start(lan);
    await observer.advertisement('a', monotonicMs(), 5_000);
    await lan.drop('b', 'input', 'ip protocol 112');
    await observer.advertisement('b', monotonicMs(), 5_000);
    await lan.stopDropping('b');
    await waitFor('b to give way', 5_000, async () => (await lan.holders(VIP)).join() === 'a');
    await observer.stop();
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { KeepalivedNode } from './keepalived.js';
import { Lan } from './namespaces.js';
import { Probe } from './probe.js';
import { Responder } from './responder.js';
import { monotonicMs, waitFor } from './waiting.js';

const VIP = '10.9.0.100';

describe('the lab, proven with keepalived', () => {
  let lan: Lan;
  let nodes: KeepalivedNode[];

  beforeEach(async () => {
    lan = await Lan.create(['a', 'b']);
    nodes = lan.nodes.map((host, index) => new KeepalivedNode(host, {
      priority: index === 0 ? 254 : 253, advertIntervalMs: 100, addresses: [`${VIP}/24`],
    }));
    for (const node of nodes) await node.start();
  });

  afterEach(async () => {
    for (const node of nodes) await node.kill();
    await lan.close();
  });

  test('a client sees who answers, and how long nobody did when the master is unplugged and the service dies with it', async () => {
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
});

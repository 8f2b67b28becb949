import { describe, expect, test } from '@jest/globals';
import { setUpConfigured, type ConfiguredNode } from './configured-stage.js';
import { parseFailure, type Failure } from './failure.js';
import { configuredNode } from './fixtures.js';
import { ask, type Answer } from './question.js';

const PAIR = [configuredNode('a', { priority: 254 }), configuredNode('b', { priority: 253 })];

function read(text: string, nodes: readonly ConfiguredNode[]): Failure {
  const setUp = setUpConfigured(nodes);
  const failure = parseFailure(text, {
    nodes: nodes.map(({ name }) => name),
    lanOf: (node, name) => setUp.find((each) => each.name === node)?.interfaces.find((each) => each.name === name)?.lan,
  });
  if (typeof failure === 'string') throw new Error(failure);
  return failure;
}

function answer(text: string, nodes: readonly ConfiguredNode[] = PAIR, phases = 20): Answer {
  return ask({ nodes: setUpConfigured(nodes), failure: read(text, nodes), phases, seed: 1 });
}

describe('a question about a pair', () => {
  test('a killed master is missing for 2 to 3 intervals and the skew of the other one', () => {
    const { routers: [web] } = answer('kill a');
    expect([web?.masterBefore, web?.masterAfter]).toEqual(['a', 'b']);
    // Skew_Time of priority 253 is 11.7 ms; the advertisement takes 0.1 ms.
    expect(web?.outage.min).toBeGreaterThanOrEqual(2011);
    expect(web?.outage.max).toBeLessThanOrEqual(3012);
    expect(web?.outage.max).toBeGreaterThan(2900);
    expect(web?.severalMasters.max).toBe(0);
  });

  test('a virtual MAC changes nothing about who is master', () => {
    const nodes = PAIR.map((node) =>
      ({ ...node, routers: node.routers.map((router) => ({ ...router, virtualMac: true })) }));
    const { routers: [web] } = answer('kill a', nodes);
    expect([web?.masterBefore, web?.masterAfter]).toEqual(['a', 'b']);
    expect(web?.outage.max).toBeLessThanOrEqual(3012);
  });

  test('a master that is stopped is missing for the skew of the other one', () => {
    const { routers: [web] } = answer('stop a');
    expect(web?.outage.max).toBeCloseTo(11.82, 1);
  });

  test('a link that comes back gives the master its place again', () => {
    const { routers: [web] } = answer('link-down a eth0 20s');
    expect([web?.masterBefore, web?.masterAfter]).toEqual(['a', 'a']);
  });

  test('two parts of a LAN have a master each', () => {
    const { routers: [web], watchedMs } = answer('partition b');
    expect(web?.masterAfter).toBeUndefined();
    expect(web?.outage.max).toBe(0);
    expect(web?.severalMasters.max).toBeGreaterThan(watchedMs - 3100);
  });

  test('a node alone is missed until the end of the play', () => {
    const { routers: [web], watchedMs } = answer('kill a', [configuredNode('a')], 1);
    expect(web?.outage.min).toBeCloseTo(watchedMs, 6);
  });

  test('the timeline begins with the failure and says who announces', () => {
    const { timeline } = answer('power-off a', PAIR, 1);
    expect(timeline.map(({ node, what }) => `${String(node)} ${what}`)).toEqual([
      'b announces 192.0.2.10 5 times', 'b web: backup -> master (master-down-timer)', 'b announces 192.0.2.10 5 times',
    ]);
  });

  test('nodes that disagree about the addresses are both master, and the answer shows it', () => {
    const strange = configuredNode('b', { addresses: [{ address: '192.0.2.99', prefixLength: 24 }] });
    const { routers: [web], watchedMs } = answer('loss 0%', [configuredNode('a', { priority: 254 }), strange], 1);
    expect(web?.masterBefore).toBeUndefined();
    expect(web?.severalMasters.min).toBeCloseTo(watchedMs, 6);
  });

  test('the same question has the same answer', () => {
    expect(answer('loss 40%')).toEqual(answer('loss 40%'));
  });
});

describe('what configurations do not say is made up', () => {
  test('addresses are hosts of the subnet, unless a peer or the router itself names them', () => {
    const [a, b] = setUpConfigured([
      configuredNode('a', { addresses: [{ address: '192.0.2.1', prefixLength: 24 }] }),
      { ...configuredNode('b'), peers: [{ node: 'a', address: '10.0.0.11' }] },
    ]);
    expect(a?.interfaces[0]?.addresses).toEqual([
      { address: '10.0.0.11', prefixLength: 24 }, { address: 'fe80::1', prefixLength: 64 },
    ]);
    expect(b?.interfaces[0]?.addresses[0]).toEqual({ address: '192.0.2.2', prefixLength: 24 });
  });

  test('interfaces of two nodes are on one LAN when they have a router in common, whatever their names', () => {
    const other = configuredNode('b', { interface: 'ens3' });
    const [a, b] = setUpConfigured([configuredNode('a'), other]);
    expect([a?.interfaces[0]?.name, b?.interfaces[0]?.name]).toEqual(['eth0', 'ens3']);
    expect(a?.interfaces[0]?.lan).toBe(b?.interfaces[0]?.lan);
  });
});

describe('a failure in words', () => {
  test.each([
    ['explode a', "'explode a': there is no such failure; one of: kill NODE"],
    ['kill', "'kill': write it as kill NODE"],
    ['kill c', "'kill c': there is no node 'c'; there are a, b"],
    ['cut a', "'cut a': there is no node ''; there are a, b"],
    ['kill a 5s', "'kill a 5s': kill is not undone, leave 5s away"],
    ['link-down a eth9', "'link-down a eth9': a has no router on 'eth9'"],
    ['loss much', "'loss much': write it as loss PERCENT% [10s], with 0-100 percent"],
    ['pause a b', "'pause a b': write it as pause NODE [6s]"],
  ])('%j is refused', (text, message) => {
    expect(() => read(text, PAIR)).toThrow(message);
  });

  test('a pause lasts 6 s unless something else is said', () => {
    expect([read('pause a', PAIR).lastsMs, read('pause a 500ms', PAIR).lastsMs]).toEqual([6000, 500]);
  });
});

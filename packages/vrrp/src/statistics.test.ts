import { describe, expect, test } from '@jest/globals';
import { adv, f3, heard, P, Timeline } from './fixtures.js';
import { DISCARD_REASONS } from './receive-checks.js';
import { createStatistics, DISCARD_STATISTICS, REMARK_STATISTICS, STATISTICS, type Statistics } from './statistics.js';

/** The counters that are not zero. */
const counted = (statistics: Statistics): object =>
  Object.fromEntries(Object.entries(statistics).filter(([, count]) => count !== 0));

describe('the table', () => {
  test('names every statistic once, in snake_case', () => {
    const names = STATISTICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z]+(_[a-z]+)+$/u.test(name))).toEqual([]);
    expect(createStatistics()).toEqual(Object.fromEntries(names.map((name) => [name, 0])));
  });

  test('J02: counts what RFC 8347 counts for a virtual router', () => {
    const leaves = STATISTICS.flatMap((row) => ('leaf' in row ? [row.leaf] : []));
    expect(leaves).toEqual(expect.arrayContaining([
      'master-transitions', 'advertisement-rcvd', 'advertisement-sent', 'interval-errors', 'priority-zero-pkts-rcvd',
      'priority-zero-pkts-sent', 'invalid-type-pkts-rcvd', 'address-list-errors', 'packet-length-errors',
      'checksum-errors', 'version-errors', 'ip-ttl-errors',
    ]));
  });

  test('has a statistic of its own for every discard that names a router', () => {
    expect(Object.keys(DISCARD_STATISTICS)).toEqual(DISCARD_REASONS.filter((reason) => reason !== 'unknown-vrid'));
    expect(new Set(Object.values(DISCARD_STATISTICS)).size).toBe(DISCARD_REASONS.length - 1);
  });

  test('leaves to the receiver exactly what discards and remarks count in', () => {
    const mapped = new Set([...Object.values(DISCARD_STATISTICS), ...Object.values(REMARK_STATISTICS)]);
    expect(mapped).toEqual(new Set([
      'length_errors', 'ttl_errors', 'version_errors', 'type_errors', 'checksum_errors', 'authentication_missing',
      'authentication_type_mismatches', 'authentication_unknown_keys', 'authentication_failures',
      'authentication_stale', 'authentication_replayed', 'unauthenticated_accepted', 'interval_errors',
      'destination_errors', 'unknown_sources', 'own_packets', 'address_list_errors', 'vrid_collisions',
      'owner_conflicts', 'unknown_masters',
    ]));
    const received = STATISTICS.filter(({ countedBy }) => countedBy === 'receive').map(({ name }) => name);
    expect(mapped).toEqual(new Set(received));
  });

  test('leaves send_errors to whoever sends', () => {
    expect(STATISTICS.filter(({ countedBy }) => countedBy === 'send').map(({ name }) => name)).toEqual(['send_errors']);
  });
});

describe('a router counts', () => {
  test('J02: a life as backup, master and backup again', () => {
    const timeline = Timeline.started();
    timeline.at(1000, heard(200)).at(2000, heard(0)); // master 609.375 ms later
    timeline.at(4000, heard(50)).at(4500, heard(0)).at(4600, heard(200));
    expect(counted(timeline.router.statistics)).toEqual({
      // At promotion, 1 s later, for the losing one, for the resignation, and as it yields.
      adverts_sent: 5, adverts_received: 5, priority_zero_received: 2, lower_priority_received: 1, became_master: 1,
      released_master: 1,
    });
  });

  test('J02: a resignation', () => {
    const timeline = Timeline.master();
    timeline.at(4000, { kind: 'shutdown' });
    expect(counted(timeline.router.statistics)).toEqual({
      adverts_sent: 2, priority_zero_sent: 1, became_master: 1, released_master: 1,
    });
  });

  test('J04: an advertisement that it does not act on', () => {
    const timeline = new Timeline();
    timeline.at(0, heard(200));
    expect(counted(timeline.router.statistics)).toEqual({ adverts_received: 1 });
  });

  test('no mastership when the claim was refused', () => {
    const timeline = Timeline.master();
    timeline.at(timeline.now, { kind: 'claim-failed' });
    expect(counted(timeline.router.statistics)).toEqual({ claims_refused: 1 });
  });

  test('the end of a mastership whose later claim was refused', () => {
    const timeline = Timeline.master();
    timeline.until(5000).at(5000, { kind: 'claim-failed' });
    expect(counted(timeline.router.statistics)).toEqual({
      adverts_sent: 3, priority_zero_sent: 1, claims_refused: 1, became_master: 1, released_master: 1,
    });
  });

  test('a mastership lost to another owner', () => {
    const timeline = Timeline.started(f3({ priority: 255 }));
    timeline.at(100, { kind: 'advertisement', advertisement: adv(255), source: P });
    expect(counted(timeline.router.statistics)).toEqual({
      adverts_sent: 2, adverts_received: 1, became_master: 1, released_master: 1,
    });
  });

  test('answers that it withheld', () => {
    const timeline = Timeline.master().at(5000, heard(50)).at(5001, heard(50)).at(5002, heard(0));
    expect(timeline.router.statistics.answers_withheld).toBe(2);
  });
});

import type { Instant } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { f3, heard, LOWER, OWN, P, QUIET, VIP, VIP_2 } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import type { StateChange, StateName, VirtualRouterOutput } from './outputs.js';
import type { VirtualAddress } from './parameters.js';
import type { FaultReason } from './reasons.js';
import { VirtualRouter } from './virtual-router.js';

// Every state × every input at the instant NOW: all outputs in order, the state afterwards, and its next deadline.
// The router is F3 (priority 100, 1 s: Skew_Time 609.375 ms, Master_Down_Interval 3609.375 ms), epoch 3 behind it.

const NOW = 10_000;
const DOWN = 3609.375;
const SKEW = 609.375;

const send = (priority: number): VirtualRouterOutput => ({ kind: 'send-advertisement', priority });
const claim = (...addresses: VirtualAddress[]): VirtualRouterOutput => ({ kind: 'claim-addresses', addresses });
const release = (...addresses: VirtualAddress[]): VirtualRouterOutput => ({ kind: 'release-addresses', addresses });
const announce = (count: number, ...addresses: VirtualAddress[]): VirtualRouterOutput =>
  ({ kind: 'announce-addresses', addresses, count });
const overruled = (source: string, priority: number): VirtualRouterOutput =>
  ({ kind: 'lower-priority-received', source, priority });
const changed = (
  from: StateName, to: StateName, reason: StateChange['reason'], rest: Partial<StateChange> = {},
): VirtualRouterOutput => ({
  kind: 'state-changed',
  change: { from, to, reason, epoch: 3, priority: 100, master: undefined, faults: [], ...rest },
});

/** The inputs of the table. The comment tells what makes each one different from its neighbours. */
const INPUTS = {
  startup: { kind: 'startup' },
  shutdown: { kind: 'shutdown' },
  better: heard(200, LOWER), // higher priority
  'won tie': heard(100, LOWER), // equal priority, lower address
  'lost tie': heard(100, P), // equal priority, higher address
  lower: heard(50, P),
  resigned: heard(0, P),
  timer: { kind: 'timer' },
  'same parameters': { kind: 'parameters-changed', parameters: f3(QUIET) },
  'other parameters': {
    kind: 'parameters-changed', parameters: f3({ ...QUIET, priority: 150, advertIntervalMs: 500, addresses: [VIP_2] }),
  },
  'lower priority': { kind: 'priority-changed', adjustment: -20 },
  'other address': { kind: 'address-changed', primaryAddress: '10.9.0.3' },
  'no address': { kind: 'address-changed', primaryAddress: undefined },
  'link down': { kind: 'fault-changed', reason: 'link-down', active: true },
  'link up': { kind: 'fault-changed', reason: 'link-down', active: false },
  'tracker failed': { kind: 'fault-changed', reason: 'tracker-failed', active: true },
  stalled: { kind: 'stalled' },
  'claim failed': { kind: 'claim-failed' },
  'held': { kind: 'held-changed', held: true },
  'lifted': { kind: 'held-changed', held: false },
  'take over': { kind: 'takeover-requested' },
  'of a group': { kind: 'group-joined', role: 'following' },
  'group weights': { kind: 'group-adjusted', adjustment: -20 },
  'promote': { kind: 'group-decided', decision: 'promote' },
  'yield': { kind: 'group-decided', decision: 'yield' },
  'hurry': { kind: 'group-decided', decision: 'hurry' },
  'advertise': { kind: 'group-decided', decision: 'advertise' },
  'settle': { kind: 'group-decided', decision: 'settle' },
  'report split': { kind: 'group-decided', decision: 'report-split' },
} satisfies Record<string, VirtualRouterInput>;
type InputName = keyof typeof INPUTS;

const EVERY_KIND: Record<VirtualRouterInput['kind'], true> = {
  'startup': true, 'shutdown': true, 'advertisement': true, 'timer': true, 'parameters-changed': true,
  'priority-changed': true, 'address-changed': true, 'fault-changed': true, 'stalled': true, 'claim-failed': true,
  'held-changed': true, 'takeover-requested': true, 'group-joined': true, 'group-adjusted': true, 'group-decided': true,
};

/** A router with a history: inputs and their instants. */
function router(history: readonly [Instant, VirtualRouterInput][], startupDelayMs = 0): VirtualRouter {
  const subject = new VirtualRouter(f3({ ...QUIET, startupDelayMs }), { epochFloor: 2 });
  subject.handle({ kind: 'address-changed', primaryAddress: OWN }, 0);
  for (const [at, input] of history) subject.handle(input, at);
  return subject;
}

/** A backup that has waited since an instant, and one that has turned master at that instant, its claim not yet
 *  proven. */
const backupSince = (at: Instant): [Instant, VirtualRouterInput][] => [[at, { kind: 'startup' }]];
const masterSince = (at: Instant): [Instant, VirtualRouterInput][] =>
  [...backupSince(at - DOWN), [at, { kind: 'timer' }]];
const refusedAt = (at: Instant): [Instant, VirtualRouterInput][] =>
  [...masterSince(at), [at, { kind: 'claim-failed' }]];
const proven: VirtualRouterInput = { kind: 'priority-changed', adjustment: 0 };
const grouped: VirtualRouterInput = { kind: 'group-joined', role: 'following' };
const holding: VirtualRouterInput = { kind: 'held-changed', held: true };
const down: VirtualRouterInput = { kind: 'fault-changed', reason: 'link-down', active: true };

/** The states of the table. Epoch 3 is reached by every one that has been master; the others begin with 2. */
const STATES = {
  'initialize': () => router([]),
  'initialize, delayed': () => router([[9500, { kind: 'startup' }]], 1000),
  'backup': () => router(backupSince(9000)),
  'backup, held': () => router([...backupSince(9000), [9000, holding], [9000, heard(50, P)]]),
  'backup, about to preempt': () => router([...backupSince(9000), [9500, heard(50, P)]]),
  'backup, due': () => router(backupSince(NOW - DOWN)),
  'backup of a group, due': () => router([...backupSince(NOW - DOWN), [NOW - DOWN, grouped]]),
  'backup of a group, waiting': () =>
    router([...backupSince(8000 - DOWN), [8000 - DOWN, grouped], [8000, { kind: 'timer' }]]),
  'master': () => router([...masterSince(9500), [9500, proven]]),
  'master, held': () => router([...masterSince(9500), [9500, proven], [9500, holding]]),
  'master, handed over': () =>
    router([...backupSince(9000), [9000, heard(200, P)], [NOW, { kind: 'takeover-requested' }]]),
  'master of a group, held': () => router([...masterSince(9500), [9500, grouped], [9500, holding]]),
  'master of a group': () => router([...masterSince(9500), [9500, grouped]]),
  'master, due': () => router([...masterSince(9000), [9000, proven]]),
  'master, unproven': () => router(masterSince(NOW)),
  'fault': () => router([...backupSince(9000), [9000, down]]),
  'fault, refused': () => router(refusedAt(9000)),
  'fault, refused, due': () => router(refusedAt(NOW - 3 * DOWN)),
} satisfies Record<string, () => VirtualRouter>;
type SubjectName = keyof typeof STATES;

/** What an input leads to: outputs, the state afterwards, its next deadline. Left out: nothing at all happens. */
type Expected = readonly [VirtualRouterOutput[], StateName, Instant?];

const FRESH_BACKUP = NOW + DOWN;
const young = { epoch: 2 };
const self = { address: OWN, priority: 100 };
const promoted = (from: StateName, reason: StateChange['reason']): Expected =>
  [[claim(VIP), send(100), announce(5, VIP), changed(from, 'master', reason, { master: self })], 'master', NOW + 1000];
const taken = (from: StateName): Expected =>
  [[claim(VIP), announce(5, VIP), send(100), changed(from, 'master', 'handover', { master: self })],
    'master', NOW + 1000];
const faulted = (from: StateName, reason: FaultReason, rest: Partial<StateChange> = {}): VirtualRouterOutput =>
  changed(from, 'fault', reason, { faults: [reason], ...rest });

const letGo = (master: StateChange['master']): VirtualRouterOutput =>
  changed('master', 'backup', 'handover', { priority: 1, master });
const yielded = (master: StateChange['master']): VirtualRouterOutput =>
  changed('master', 'backup', 'higher-priority-advert', { master });

const TABLE: Record<SubjectName, Partial<Record<InputName, Expected>>> = {
  'initialize': {
    'startup': [[changed('initialize', 'backup', 'startup', young)], 'backup', FRESH_BACKUP],
  },
  'initialize, delayed': {
    'shutdown': [[], 'initialize'],
  },
  'backup': {
    'shutdown': [[changed('backup', 'initialize', 'shutdown', young)], 'initialize'],
    'better': [[], 'backup', FRESH_BACKUP],
    'won tie': [[], 'backup', FRESH_BACKUP],
    'lost tie': [[], 'backup', FRESH_BACKUP],
    'resigned': [[], 'backup', NOW + SKEW],
    // Heard nobody yet: its own interval counts, from now on. 3 × 500 + (256 − 150) × 500 ÷ 256.
    'other parameters': [[], 'backup', NOW + 1707.03125],
    // Counted from 9000, when the timer was armed: 3000 + (256 − 80) × 1000 ÷ 256.
    'lower priority': [[], 'backup', 9000 + 3687.5],
    'no address': [[faulted('backup', 'no-primary-address', young)], 'fault'],
    'link down': [[faulted('backup', 'link-down', young)], 'fault'],
    'tracker failed': [[faulted('backup', 'tracker-failed', young)], 'fault'],
    'group weights': [[], 'backup', 9000 + 3687.5],
    'hurry': [[], 'backup', NOW + 1000 + SKEW],
    'take over': taken('backup'),
  },
  'backup, held': {
    // Never preempts, and waits by all that it has.
    'lower': [[], 'backup', FRESH_BACKUP],
    'timer': [[], 'backup', 9000 + DOWN],
    'resigned': [[], 'backup', NOW + SKEW],
    'lower priority': [[], 'backup', 9000 + 3687.5],
    'take over': taken('backup'),
  },
  'backup, about to preempt': {
    'lower': [[], 'backup', 9000 + DOWN],
    'held': [[], 'backup', FRESH_BACKUP],
  },
  'backup of a group, due': {
    // Only a proposal: when to look next whether the group is split.
    'timer': [[], 'backup', NOW + DOWN],
  },
  'backup of a group, waiting': {
    'take over': [[], 'backup', NOW + DOWN],
    'promote': promoted('backup', 'master-down-timer'),
    'better': [[], 'backup', FRESH_BACKUP],
    'resigned': [[], 'backup', 8000 + DOWN],
    'shutdown': [[changed('backup', 'initialize', 'shutdown', young)], 'initialize'],
    'link down': [[faulted('backup', 'link-down', young)], 'fault'],
  },
  'backup, due': {
    'timer': promoted('backup', 'master-down-timer'),
    // What arrives before the timer input counts, however late it is.
    'better': [[], 'backup', FRESH_BACKUP],
  },
  'master': {
    'shutdown': [[send(0), release(VIP), changed('master', 'initialize', 'shutdown')], 'initialize'],
    'better': [
      [send(100), release(VIP), yielded({ address: LOWER, priority: 200 })], 'backup', FRESH_BACKUP,
    ],
    'lost tie': [
      [send(100), release(VIP), yielded({ address: P, priority: 100 })], 'backup', FRESH_BACKUP,
    ],
    'won tie': [[send(100), overruled(LOWER, 100), announce(1, VIP)], 'master', 10_500],
    'lower': [[send(100), overruled(P, 50), announce(1, VIP)], 'master', 10_500],
    'resigned': [[send(100), announce(1, VIP)], 'master', NOW + 1000],
    'other parameters': [[send(150), release(VIP), claim(VIP_2), announce(5, VIP_2)], 'master', NOW + 500],
    'lower priority': [[send(80)], 'master', 10_500],
    'other address': [[send(100)], 'master', 10_500],
    'no address': [[release(VIP), faulted('master', 'no-primary-address')], 'fault'],
    'link down': [[release(VIP), faulted('master', 'link-down')], 'fault'],
    'tracker failed': [[send(0), release(VIP), faulted('master', 'tracker-failed')], 'fault'],
    'held': [[send(1)], 'master', 10_500],
    'stalled': [[release(VIP), changed('master', 'backup', 'woke-from-stall')], 'backup', FRESH_BACKUP],
    'group weights': [[send(80)], 'master', 10_500],
    'advertise': [[send(100)], 'master', 10_500],
    'yield': [
      [send(0), release(VIP), changed('master', 'backup', 'group-member-left')], 'backup', FRESH_BACKUP,
    ],
    'claim failed': [
      [send(0), release(VIP), faulted('master', 'address-install-failed')], 'fault', NOW + 3 * DOWN,
    ],
  },
  'master, held': {
    // Any other is better, and its own priority does not matter.
    'lower': [
      [send(1), release(VIP), letGo({ address: P, priority: 50 })], 'backup', FRESH_BACKUP,
    ],
    'resigned': [[send(1), announce(1, VIP)], 'master', NOW + 1000],
    'lower priority': [[], 'master', 10_500],
    'lifted': [[send(100)], 'master', 10_500],
    'shutdown': [
      [send(0), release(VIP), changed('master', 'initialize', 'shutdown', { priority: 100 })], 'initialize',
    ],
  },
  'master, handed over': {
    // Said before the hold: by whom was master before, and nobody else.
    'better': [
      [send(100), release(VIP), yielded({ address: LOWER, priority: 200 })], 'backup', FRESH_BACKUP,
    ],
    'lost tie': [[], 'master', NOW + 1000],
    // The last word of who has let go.
    'lower': [[send(100), announce(1, VIP)], 'master', NOW + 1000],
    // Nobody has heard of it.
    'claim failed': [
      [release(VIP), faulted('backup', 'address-install-failed', { epoch: 2, master: undefined })], 'fault',
      NOW + 3 * DOWN,
    ],
  },
  'master of a group, held': {
    // The wait for the deciding member is for elections.
    'better': [
      [send(1), release(VIP), letGo({ address: LOWER, priority: 200 })], 'backup', FRESH_BACKUP,
    ],
  },
  'master of a group': {
    // The deciding member settles who wins.
    'better': [[], 'master', 10_500],
    'yield': [
      [send(0), release(VIP), changed('master', 'backup', 'group-member-left')], 'backup', FRESH_BACKUP,
    ],
  },
  'master, due': {
    'timer': [[send(100)], 'master', NOW + 1000],
  },
  'master, unproven': {
    'claim failed': [
      [release(VIP), faulted('backup', 'address-install-failed', young)], 'fault', NOW + 3 * DOWN,
    ],
    'shutdown': [[send(0), release(VIP), changed('master', 'initialize', 'shutdown')], 'initialize'],
  },
  'fault': {
    'shutdown': [[changed('fault', 'initialize', 'shutdown', young)], 'initialize'],
    'link up': [[changed('fault', 'backup', 'fault-cleared', young)], 'backup', FRESH_BACKUP],
  },
  'fault, refused': {
    'shutdown': [[changed('fault', 'initialize', 'shutdown', young)], 'initialize'],
    // Other addresses are worth a try at once. 3 × 500 + (256 − 150) × 500 ÷ 256.
    'other parameters': [
      [changed('fault', 'backup', 'fault-cleared', { ...young, priority: 150 })], 'backup', NOW + 1707.03125,
    ],
  },
  'fault, refused, due': {
    'timer': [[changed('fault', 'backup', 'fault-cleared', young)], 'backup', FRESH_BACKUP],
  },
};

/** In the variants of a state, only what differs from it is told. */
const WHOLE: readonly SubjectName[] = ['initialize', 'backup', 'master', 'fault'];

const NAMES = Object.keys(INPUTS) as InputName[];
const rows = (Object.keys(STATES) as SubjectName[]).flatMap((name) => {
  const inputs = WHOLE.includes(name) ? NAMES : (Object.keys(TABLE[name]) as InputName[]);
  return inputs.map((input) => [name, input] as const);
});

describe('J01: the table, in which every transition says from, to and why,', () => {
  test('has every kind of input and every state', () => {
    expect(new Set(Object.values(INPUTS).map(({ kind }) => kind))).toEqual(new Set(Object.keys(EVERY_KIND)));
    expect(WHOLE.map((name) => STATES[name]().state.kind)).toEqual(['initialize', 'backup', 'master', 'fault']);
  });

  test.each(rows)('%s × %s', (name, input) => {
    const subject = STATES[name]();
    const before = [[], subject.state.kind, subject.nextDeadline()];
    const expected = TABLE[name][input];
    const outputs = subject.handle(INPUTS[input], NOW);
    expect([outputs, subject.state.kind, subject.nextDeadline()])
      .toEqual(expected === undefined ? before : [expected[0], expected[1], expected[2]]);
  });
});

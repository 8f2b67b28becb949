// Known bugs, each injected from outside into the real engine, to prove that the rules see them. A mutant changes
// either what a router answers or what a port does.

import { InvariantError } from '@baton/base';
import type { EnginePorts } from '@baton/engine/core';
import type { OwnedAddress } from '@baton/net';
import {
  isBetterMaster, RESIGN_PRIORITY, VirtualRouter, type VirtualRouterInput, type VirtualRouterOutput,
} from '@baton/vrrp';
import type { EngineCalls } from './process.js';
import type { Rule } from './rule.js';
import type { RunOptions } from './simulation.js';

type Handle = (router: VirtualRouter, input: VirtualRouterInput, now: number) => VirtualRouterOutput[];
type Deadline = (router: VirtualRouter) => number | undefined;

interface RouterBug {
  readonly handle?: (original: Handle) => Handle;
  readonly deadline?: (original: Deadline) => Deadline;
}

/** One bug and the rule that it breaks first. */
export interface Mutant {
  readonly name: string;
  readonly rule: Rule;
  /** Changes what routers answer. */
  readonly router?: RouterBug;
  /** Changes what a port does. */
  readonly ports?: (ports: EnginePorts, node: string) => EnginePorts;
  /** Changes what an engine is called with. */
  readonly calls?: (engine: EngineCalls) => EngineCalls;
}

/** The bug's way into a run, where it is not in the routers. */
export function optionsOf({ ports = (original) => original, calls = (engine) => engine }: Mutant): RunOptions {
  return { decorate: (node) => ({ ports: (original) => ports(original, node), calls }) };
}

/** Runs `work` while the bug is there. */
export function withMutant<Result>({ router }: Mutant, work: () => Result): Result {
  const { prototype } = VirtualRouter;
  // Taken off their objects on purpose: they are called on each router again.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { handle, nextDeadline } = prototype;
  const originalHandle: Handle = (target, input, now) => handle.call(target, input, now);
  const originalDeadline: Deadline = (target) => nextDeadline.call(target);
  const mutatedHandle = router?.handle?.(originalHandle) ?? originalHandle;
  const mutatedDeadline = router?.deadline?.(originalDeadline) ?? originalDeadline;
  prototype.handle = function (this: VirtualRouter, input, now): VirtualRouterOutput[] {
    return mutatedHandle(this, input, now);
  };
  prototype.nextDeadline = function (this: VirtualRouter): number | undefined {
    return mutatedDeadline(this);
  };
  try {
    return work();
  } finally {
    prototype.handle = handle;
    prototype.nextDeadline = nextDeadline;
  }
}

/** A router that does not hear certain advertisements. */
function deafTo(isIgnored: (router: VirtualRouter, priority: number, source: string) => boolean): RouterBug {
  return {
    handle: (original) => (router, input, now) =>
      input.kind === 'advertisement' && isIgnored(router, input.advertisement.priority, input.source)
        ? [] : original(router, input, now),
  };
}

/** A router whose outputs are changed. */
function saying(change: (outputs: VirtualRouterOutput[], router: VirtualRouter) => VirtualRouterOutput[]): RouterBug {
  return { handle: (original) => (router, input, now) => change(original(router, input, now), router) };
}

/** A router that does not hear a certain input. */
function without(isIgnored: (input: VirtualRouterInput) => boolean): RouterBug {
  return { handle: (original) => (router, input, now) => (isIgnored(input) ? [] : original(router, input, now)) };
}

function isMaster(router: VirtualRouter): boolean {
  return router.state.kind === 'master';
}

function beats(router: VirtualRouter, priority: number, source: string): boolean {
  const own = { priority: router.effectivePriority, address: router.primaryAddress ?? '0.0.0.0' };
  return isBetterMaster({ priority, address: source }, own);
}

const SKEW_IGNORED: RouterBug = {
  deadline: (original) => (router) => {
    const at = original(router);
    return at === undefined || router.state.kind !== 'backup' ? at : at - router.skewTimeMs;
  },
  handle: (original) => (router, input, now) => {
    const isDue = input.kind === 'timer' && router.state.kind === 'backup';
    return original(router, input, isDue ? now + router.skewTimeMs : now);
  },
};

/** Every mutant. */
const GENERAL_MUTANTS: readonly Mutant[] = [
  { name: 'the skew is ignored: all backups wait equally long', rule: 'takeover-too-early', router: SKEW_IGNORED },
  {
    name: 'the tie-break is dropped: a master ignores an equal priority', rule: 'two-masters',
    router: deafTo((router, priority) => isMaster(router) && priority === router.effectivePriority),
  },
  {
    name: 'a master does not yield to a better one', rule: 'two-masters',
    router: deafTo((router, priority, source) => isMaster(router) && beats(router, priority, source)),
  },
  {
    name: 'a master does not answer a losing advertisement', rule: 'two-masters',
    router: deafTo((router, priority, source) =>
      isMaster(router) && priority !== RESIGN_PRIORITY && !beats(router, priority, source)),
  },
  {
    name: 'priority 0 is ignored by backups', rule: 'takeover-too-late',
    router: deafTo((router, priority) => !isMaster(router) && priority === RESIGN_PRIORITY),
  },
  {
    name: 'a lower-priority master is never overruled', rule: 'wrong-master',
    router: {
      handle: (original) => (router, input, now) => {
        if (input.kind !== 'advertisement' || isMaster(router)) return original(router, input, now);
        const { priority } = input.advertisement;
        const raised = priority === RESIGN_PRIORITY ? priority : Math.max(priority, router.effectivePriority);
        return original(router, { ...input, advertisement: { ...input.advertisement, priority: raised } }, now);
      },
    },
  },
  {
    name: 'an advertisement is sent after stepping down', rule: 'advert-from-non-master',
    router: saying((outputs, router) => {
      const leaves = outputs.some((output) => output.kind === 'state-changed' && output.change.from === 'master');
      return leaves ? [...outputs, { kind: 'send-advertisement', priority: router.effectivePriority }] : outputs;
    }),
  },
  {
    name: 'a backup resigns', rule: 'advert-from-non-master',
    router: saying((outputs) => {
      const entersBackup = outputs.some((output) => output.kind === 'state-changed' && output.change.to === 'backup');
      return entersBackup ? [...outputs, { kind: 'send-advertisement', priority: RESIGN_PRIORITY }] : outputs;
    }),
  },
  {
    name: 'the trackers do not count in advertisements', rule: 'wrong-advert',
    router: saying((outputs, router) => outputs.map((output) =>
      output.kind === 'send-advertisement' && output.priority !== RESIGN_PRIORITY
        ? { ...output, priority: router.parameters.priority } : output)),
  },
  { name: 'the stall rule is off', rule: 'master-after-long-sleep', router: without(({ kind }) => kind === 'stalled') },
  { name: 'nobody starts', rule: 'nobody-answers', router: without(({ kind }) => kind === 'startup') },
  {
    name: 'a link that is up again is not noticed', rule: 'fault-without-cause',
    router: without((input) => input.kind === 'fault-changed' && input.reason === 'link-down' && !input.active),
  },
  {
    name: 'nobody is told of a fault', rule: 'state-not-told',
    router: saying((outputs) =>
      outputs.filter((output) => output.kind !== 'state-changed' || output.change.to !== 'fault')),
  },
  {
    name: 'the epoch begins anew with every life of the engine', rule: 'epoch-not-grown',
    calls: (engine) => ({
      configure: (generation, routers, groups) => {
        engine.configure(generation, routers.map((router) => ({ ...router, epochFloor: 0 })), groups);
      },
      setHealth: (router, health) => { engine.setHealth(router, health); },
      shutdown: () => { engine.shutdown(); },
    }),
  },
  {
    name: 'a master\'s deadline is not moved on', rule: 'timer-in-the-past',
    router: {
      deadline: (original) => (router) => {
        const at = original(router);
        return at === undefined || !isMaster(router) ? at : at - router.parameters.advertIntervalMs - 1;
      },
    },
  },
  {
    name: 'an invariant is broken', rule: 'engine-threw',
    router: {
      handle: (original) => (router, input, now) => {
        if (input.kind === 'stalled') throw new InvariantError('broken on purpose');
        return original(router, input, now);
      },
    },
  },
  {
    name: 'addresses are not released', rule: 'addresses-not-as-state',
    ports: (ports) => ({
      ...ports,
      addressOwner: { ...ports.addressOwner, release: () => ({ ok: true, already: true }) },
    }),
  },
  {
    name: 'addresses of a past life are not seen', rule: 'addresses-not-as-state',
    ports: (ports) => ({ ...ports, addressOwner: { ...ports.addressOwner, list: () => [] } }),
  },
  {
    name: 'leases never end', rule: 'lease-outlived',
    ports: (ports) => {
      const { addressOwner } = ports;
      const forEver = ({ lifetimeSeconds: _, ...place }: OwnedAddress): OwnedAddress => place;
      return {
        ...ports,
        addressOwner: {
          ...addressOwner,
          claim: (place) => addressOwner.claim(forEver(place)),
          renew: (places) => addressOwner.renew(places.map(forEver)),
        },
      };
    },
  },
  {
    name: 'leases are not renewed', rule: 'lease-lapsed',
    ports: (ports) => ({
      ...ports, addressOwner: { ...ports.addressOwner, renew: (places) => places.map(() => ({ ok: true })) },
    }),
  },
  {
    name: 'sockets are not read before a deadline fires', rule: 'takeover-too-early',
    ports: (ports) => ({
      ...ports,
      packetIo: {
        ...ports.packetIo,
        open: (name, family, receive) => ({ ...ports.packetIo.open(name, family, receive), drain: () => 0 }),
      },
    }),
  },
  {
    name: 'the checksum is broken on the way out', rule: 'advert-discarded',
    ports: (ports) => ({
      ...ports,
      packetIo: {
        ...ports.packetIo,
        open: (name, family, receive) => {
          const socket = ports.packetIo.open(name, family, receive);
          return { ...socket, send: (payload, envelope) => socket.send(payload.map(flipLastBit), envelope) };
        },
      },
    }),
  },
];

/** Bugs in what only some scenarios have: groups, both families, version 2, proofs, unicast. */
const SPECIAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'the members of a group take over each for itself', rule: 'bond-torn',
    router: without(({ kind }) => kind === 'group-joined'),
  },
  {
    name: 'a member that leaves does not take the others along', rule: 'bond-torn',
    router: without((input) => input.kind === 'group-decided' && input.decision === 'yield'),
  },
  {
    name: 'a group waits for ever although nobody is heard any more', rule: 'takeover-too-late',
    router: without((input) => input.kind === 'group-decided' && input.decision === 'promote'),
  },
  {
    name: 'a member that does not decide never yields', rule: 'two-masters',
    router: {
      handle: (original) => (router, input, now) => {
        const { state } = router;
        if (input.kind !== 'advertisement' || state.kind !== 'master') return original(router, input, now);
        return state.contestedSince === undefined ? original(router, input, now) : [];
      },
    },
  },
  {
    name: 'the addresses of IPv6 are not released', rule: 'addresses-not-as-state',
    ports: (ports) => ({
      ...ports,
      addressOwner: {
        ...ports.addressOwner,
        release: (place) =>
          (place.address.includes(':') ? { ok: true, already: true } : ports.addressOwner.release(place)),
      },
    }),
  },
  {
    name: 'masters of IPv6 with equal priorities do not hear each other', rule: 'two-masters',
    router: deafTo((router, priority) =>
      isMaster(router) && router.parameters.family === 6 && priority === router.effectivePriority),
  },
  {
    name: 'Skew_Time of version 2 grows with the interval', rule: 'takeover-too-late',
    router: {
      deadline: (original) => (router) => {
        const at = original(router);
        const { version, advertIntervalMs } = router.parameters;
        if (at === undefined || version === 3 || router.state.kind !== 'backup') return at;
        return at + ((256 - router.effectivePriority) * (advertIntervalMs - 1000)) / 256;
      },
    },
  },
  {
    name: 'a neighbour signs with another key', rule: 'advert-discarded',
    ports: (ports, node) => ({
      ...ports, mac: (key, message) => ports.mac(node === 'b' ? key.map((byte) => byte ^ 1) : key, message),
    }),
  },
  {
    name: 'what proves nothing is believed', rule: 'takeover-too-late',
    calls: (engine) => ({
      setHealth: (router, health) => { engine.setHealth(router, health); },
      shutdown: () => { engine.shutdown(); },
      configure: (generation, routers, groups) => {
        engine.configure(generation, routers.map((router) => (router.authentication?.kind === 'hmac'
          ? { ...router, authentication: { ...router.authentication, mode: 'permissive' } } : router)), groups);
      },
    }),
  },
  {
    name: 'only one of several peers is told', rule: 'two-masters',
    ports: (ports) => ({ ...ports, packetIo: { ...ports.packetIo, open: openForOnePeer(ports) } }),
  },
];

function openForOnePeer({ packetIo }: EnginePorts): EnginePorts['packetIo']['open'] {
  return (name, family, receive) => {
    const socket = packetIo.open(name, family, receive);
    let first: string | undefined;
    return {
      ...socket,
      send: (payload, envelope) => {
        first ??= envelope.destination;
        return envelope.destination === first ? socket.send(payload, envelope) : { ok: true };
      },
    };
  };
}

function flipLastBit(byte: number, index: number, all: Uint8Array): number {
  return index === all.length - 1 ? byte ^ 1 : byte;
}

/** Every bug. */
export const MUTANTS: readonly Mutant[] = [...GENERAL_MUTANTS, ...SPECIAL_MUTANTS];

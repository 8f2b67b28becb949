// The election engine: hosts the virtual routers, feeds them what happens and performs what they ask, all in one tick.
//
//   datagram ─┐                                       ┌─> socket.send, addressOwner, announcer   (perform.ts)
//   link ─────┼─> stall check -> VirtualRouter.handle ┤
//   timer ────┘   (drains first)                      └─> emit(message) to the agent
//
// One timer, armed for the smallest deadline of all routers. Everything is synchronous; nothing here knows Node, a
// file or a process.

import { isBatonError, type Instant } from '@baton/base';
import type { LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import {
  checkReceived,
  DISCARD_REASONS,
  DISCARD_STATISTICS,
  isSameRouter,
  REMARK_STATISTICS,
  type DiscardReason,
  type ReceiveContext,
  type ReceiveResult,
  type VirtualRouterInput,
} from '@baton/vrrp';
import { HostedRouter } from './hosted-router.js';
import { InterfaceSession } from './interface-session.js';
import { removeLeftovers } from './leftovers.js';
import type { EngineSnapshot, RouterConfiguration, RouterSnapshot } from './messages.js';
import { Notices } from './notices.js';
import { perform } from './perform.js';
import type { EnginePorts } from './ports.js';
import { snapshotRouter } from './snapshot.js';
import { hasOutsleptItsPeers, latenessMs, STALL_NOTICE_MS } from './stall.js';

/** Datagrams read from one socket before a deadline may fire; what a flood sends beyond that waits for the event
 *  loop. */
export const DRAIN_LIMIT = 4096;

/** All virtual routers of one node. */
export class Engine {
  readonly notices: Notices;
  readonly #ports: EnginePorts;
  readonly #routers = new Map<string, HostedRouter>();
  readonly #sessions = new Map<string, InterfaceSession>();
  readonly #discarded: Record<DiscardReason, number>;
  readonly #watched = new Set<string>();
  #armedAt: Instant | undefined;
  #stallMs = 0;
  #generation = 0;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.notices = new Notices(ports);
    this.#discarded = Object.fromEntries(DISCARD_REASONS.map((reason) => [reason, 0])) as Record<DiscardReason, number>;
  }

  /** Runs exactly these routers from now on. A router keeps its state when name, interface, VRID, version and
   *  family are the same.  @throws {BatonError} when a socket is denied; routers that ran before keep running */
  configure(generation: number, configurations: readonly RouterConfiguration[]): void {
    this.#enter();
    const wanted = new Map(configurations.map((configuration) => [configuration.parameters.name, configuration]));
    for (const hosted of this.#routers.values()) {
      const next = wanted.get(hosted.name);
      if (next === undefined || !isSameRouter(hosted.router.parameters, next.parameters)) this.#remove(hosted);
    }
    const added = configurations.filter(({ parameters }) => !this.#routers.has(parameters.name));
    for (const configuration of configurations) {
      const hosted = this.#routers.get(configuration.parameters.name);
      if (hosted !== undefined) this.#change(hosted, configuration);
    }
    // Before a new router does anything else, nothing of a past life is left on any interface.
    const hostedAdded = added.map((configuration) => new HostedRouter(configuration, this.#ports.wallClockMs()));
    for (const hosted of hostedAdded) removeLeftovers(hosted, this.#ports, this.notices);
    for (const hosted of hostedAdded) this.#start(hosted);
    this.#generation = generation;
    this.#rearm();
  }

  /** Every router leaves: masters resign and take their addresses off. The engine can only be dropped after that. */
  shutdown(): void {
    for (const hosted of this.#routers.values()) this.#feed(hosted, { kind: 'shutdown' }, this.#ports.clock.now());
    for (const session of this.#sessions.values()) session.close();
    this.#ports.linkMonitor.close();
    this.#ports.timer.arm(undefined, () => undefined);
    this.#routers.clear();
  }

  /** What the trackers of one router say. */
  setHealth(routerName: string, health: { readonly adjustment: number; readonly failed: boolean }): void {
    const hosted = this.#routers.get(routerName);
    if (hosted === undefined) return;
    const now = this.#enter();
    this.#feed(hosted, { kind: 'priority-changed', adjustment: health.adjustment }, now);
    this.#feed(hosted, { kind: 'fault-changed', reason: 'tracker-failed', active: health.failed }, now);
    this.#rearm();
  }

  /** The state of every router, read back from the kernel where the kernel has the truth. */
  snapshotRouters(): readonly RouterSnapshot[] {
    const held = this.#ports.addressOwner.list();
    return [...this.#routers.values()].map((hosted) => snapshotRouter(hosted, held));
  }

  /** What the engine counts about itself. */
  snapshotEngine(): Pick<EngineSnapshot, 'driver' | 'generation' | 'stallMs' | 'discarded'> {
    return {
      driver: this.#ports.packetIo.driver,
      generation: this.#generation,
      stallMs: this.#stallMs,
      discarded: { ...this.#discarded },
    };
  }

  // --- what happens ---

  #onDatagram(datagram: ReceivedDatagram): void {
    this.#enter();
    this.#deliver(datagram);
    this.#rearm();
  }

  #onLinkChanged(link: LinkState): void {
    const session = this.#sessions.get(link.interface);
    if (session === undefined) return;
    const now = this.#enter();
    const describe = session.update(link);
    for (const hosted of session.routers.values()) {
      for (const input of describe(hosted)) this.#feed(hosted, input, now);
    }
    this.#rearm();
  }

  /** A deadline came. What already lies in the sockets is heard first: it may be the advertisement that the deadline
   *  waits for. */
  #onTimer(): void {
    this.#enter();
    for (const session of this.#sessions.values()) session.drain(DRAIN_LIMIT);
    const now = this.#ports.clock.now();
    for (const hosted of this.#routers.values()) {
      const deadline = hosted.router.nextDeadline();
      if (deadline !== undefined && deadline <= now) this.#feed(hosted, { kind: 'timer' }, now);
    }
    this.#rearm();
  }

  // --- how it is done ---

  /** Every way into the engine passes here: takes the time once, and steps down what slept too long before anything
   *  is sent. */
  #enter(): Instant {
    const now = this.#ports.clock.now();
    const lateMs = latenessMs(now, this.#armedAt);
    if (lateMs <= STALL_NOTICE_MS) {
      return now;
    }
    this.#armedAt = now;
    this.#stallMs += lateMs;
    this.notices.sayLimited('warn', 'stall-detected', 'engine', { stalled_ms: Math.round(lateMs) });
    for (const hosted of this.#routers.values()) {
      if (hasOutsleptItsPeers(hosted.router, lateMs)) this.#feed(hosted, { kind: 'stalled' }, now);
    }
    return now;
  }

  #deliver(datagram: ReceivedDatagram): void {
    const session = this.#sessions.get(datagram.interface);
    if (session === undefined) return;
    const result = checkReceived(datagram, (vrid) => receiveContext(session.routers.get(vrid)));
    if (!result.ok) {
      this.#discard(session, datagram, result);
      return;
    }
    const hosted = session.routers.get(result.vrid);
    if (hosted === undefined) return;
    for (const remark of result.remarks) {
      hosted.router.statistics[REMARK_STATISTICS[remark]] += 1;
      this.notices.sayLimited('warn', remark, `${hosted.name} ${datagram.source}`, {
        router: hosted.name,
        source: datagram.source,
      });
    }
    hosted.heard.note(datagram.source, result.advertisement, result.checksumForm, this.#ports.wallClockMs());
    const input: VirtualRouterInput = {
      kind: 'advertisement',
      advertisement: result.advertisement,
      source: datagram.source,
    };
    this.#feed(hosted, input, this.#ports.clock.now());
  }

  #discard(
    session: InterfaceSession,
    datagram: ReceivedDatagram,
    rejected: Extract<ReceiveResult, { ok: false }>,
  ): void {
    const { reason, vrid } = rejected;
    const hosted = vrid === undefined ? undefined : session.routers.get(vrid);
    if (hosted === undefined || reason === 'unknown-vrid') this.#discarded[reason] += 1;
    else hosted.router.statistics[DISCARD_STATISTICS[reason]] += 1;
    this.notices.sayLimited('warn', 'advertisement-discarded', `${session.name} ${datagram.source} ${reason}`, {
      interface: session.name,
      source: datagram.source,
      reason,
      ...(hosted === undefined ? {} : { router: hosted.name }),
    });
  }

  #feed(hosted: HostedRouter, input: VirtualRouterInput, now: Instant): void {
    const session = this.#sessions.get(hosted.router.parameters.interface);
    if (session === undefined) return;
    const outputs = hosted.router.handle(input, now);
    const { claimFailed } = perform(outputs, {
      hosted,
      session,
      ports: this.#ports,
      notices: this.notices,
      decidedAt: now,
    });
    if (claimFailed) this.#feed(hosted, { kind: 'claim-failed' }, now);
  }

  #start(hosted: HostedRouter): void {
    const { parameters } = hosted.router;
    const session = this.#sessionFor(parameters.interface);
    session.routers.set(parameters.vrid, hosted);
    this.#routers.set(parameters.name, hosted);
    const now = this.#ports.clock.now();
    // The link is read again: the addresses it had before may have been leftovers.
    for (const input of session.update(this.#ports.linkMonitor.read(session.name))(hosted))
      this.#feed(hosted, input, now);
    this.#feed(hosted, { kind: 'startup' }, now);
  }

  #change(hosted: HostedRouter, { parameters }: RouterConfiguration): void {
    if (JSON.stringify(hosted.router.parameters) === JSON.stringify(parameters)) return;
    this.#feed(hosted, { kind: 'parameters-changed', parameters }, this.#ports.clock.now());
  }

  #remove(hosted: HostedRouter): void {
    this.#feed(hosted, { kind: 'shutdown' }, this.#ports.clock.now());
    const { interface: interfaceName, vrid } = hosted.router.parameters;
    const session = this.#sessions.get(interfaceName);
    session?.routers.delete(vrid);
    this.#routers.delete(hosted.name);
    if (session?.routers.size !== 0) return;
    session.close();
    this.#sessions.delete(interfaceName);
  }

  #sessionFor(interfaceName: string): InterfaceSession {
    const known = this.#sessions.get(interfaceName);
    if (known !== undefined) return known;
    // Watched before it is read, so that no change falls between the two; the monitor goes on watching what has no
    // router any more.
    if (!this.#watched.has(interfaceName)) {
      this.#watched.add(interfaceName);
      this.#ports.linkMonitor.watch([interfaceName], (link) => {
        this.#onLinkChanged(link);
      });
    }
    const session = new InterfaceSession(interfaceName, this.#ports, this.notices, (datagram) => {
      this.#onDatagram(datagram);
    });
    this.#sessions.set(interfaceName, session);
    return session;
  }

  #rearm(): void {
    let next: Instant | undefined;
    for (const hosted of this.#routers.values()) {
      const deadline = hosted.router.nextDeadline();
      if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
    }
    this.#armedAt = next;
    this.#ports.timer.arm(next, () => {
      this.#onTimer();
    });
  }
}

function receiveContext(hosted: HostedRouter | undefined): ReceiveContext | undefined {
  if (hosted === undefined) return undefined;
  return { parameters: hosted.router.parameters, primaryAddress: hosted.router.primaryAddress };
}

const PRIVILEGE_ERRORS: ReadonlySet<string> = new Set<NetErrorCode>([
  'ERR_NET_RAW_SOCKET_DENIED',
  'ERR_NET_CAPABILITY_MISSING',
]);

/** Whether this engine could not start for lack of a privilege rather than for a fault of its own. */
export function isPrivilegeError(error: unknown): boolean {
  return isBatonError(error) && PRIVILEGE_ERRORS.has(error.code);
}

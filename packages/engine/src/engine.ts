// The election engine: hosts the virtual routers, feeds them what happens and performs what they ask, all in one tick.
//
//   datagram ─┐                                       ┌─> socket.send, addressOwner, announcer   (perform.ts)
//   link ─────┼─> stall check -> VirtualRouter.handle ┤
//   timer ────┘   (drains first)                      └─> emit(message) to the agent
//
// One timer, armed for the smallest deadline of all routers. Everything is synchronous; nothing here knows Node, a
// file or a process.

import { assert, type Instant, type IpAddress } from '@baton/base';
import type { LinkState, ReceivedDatagram } from '@baton/net';
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
  type VirtualRouterOutput,
} from '@baton/vrrp';
import { findLostAddresses } from './lost-addresses.js';
import { HostedRouter } from './hosted-router.js';
import { InterfaceSession } from './interface-session.js';
import { removeLeftovers } from './leftovers.js';
import type { EngineSnapshot, RouterConfiguration, RouterSnapshot } from './messages.js';
import { Notices } from './notices.js';
import { perform } from './perform.js';
import type { EnginePorts } from './ports.js';
import { snapshotRouter } from './snapshot.js';
import { hasOutsleptItsPeers, latenessMs, STALL_NOTICE_MS } from './stall.js';

/** Datagrams that are read from each socket at a time before a backup may take over, and how often: what a flood sends
 *  beyond that waits for the event loop. */
export const DRAIN_PORTION = 128;
export const DRAIN_PORTIONS = 32;

/** All virtual routers of one node. */
export class Engine {
  readonly notices: Notices;
  readonly #ports: EnginePorts;
  readonly #routers = new Map<string, HostedRouter>();
  readonly #sessions = new Map<string, InterfaceSession>();
  readonly #discarded: Record<DiscardReason, number>;
  readonly #watched = new Set<string>();
  #armedAt: Instant | undefined;
  /** When the engine last had nothing to do: what is late since then is late because the process did not run. */
  #restingSince: Instant = 0;
  #working = false;
  #stallMs = 0;
  #generation = 0;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.notices = new Notices(ports);
    this.#discarded = Object.fromEntries(DISCARD_REASONS.map((reason) => [reason, 0])) as Record<DiscardReason, number>;
  }

  /** Runs exactly these routers from now on, or changes nothing. A router keeps its state when name, interface, VRID,
   *  version and family are the same.
   *  @throws {BatonError} when the kernel refuses a socket or does not answer; everything then goes on as before */
  configure(generation: number, configurations: readonly RouterConfiguration[]): void {
    this.#enter((now) => {
      const wanted = new Map(configurations.map((configuration) => [configuration.name, configuration]));
      const leaving = [...this.#routers.values()].filter((hosted) => {
        const next = wanted.get(hosted.name);
        return next === undefined || !isSameRouter(hosted.router.parameters, next.families[0]);
      });
      const staying = [...this.#routers.values()].filter((hosted) => !leaving.includes(hosted));
      const added = configurations
        .filter(({ name }) => !staying.some((hosted) => hosted.name === name))
        .map((configuration) => new HostedRouter(configuration, this.#ports.wallClockMs()));

      // What can be refused comes first: nothing below this block throws. Only a node that begins takes the addresses
      // of its past life off even before that: it has nothing to lose, and does nothing else while it holds them.
      const held = this.#ports.addressOwner.list();
      const begins = this.#routers.size === 0;
      if (begins) removeLeftovers(added, held, this.#ports, this.notices);
      const opened = this.#openSessions(configurations);

      for (const hosted of leaving) this.#remove(hosted, now);
      for (const session of opened) this.#sessions.set(session.name, session);
      for (const hosted of staying) this.#change(hosted, wanted.get(hosted.name), now);
      if (!begins) removeLeftovers(added, held, this.#ports, this.notices);
      for (const hosted of added) this.#register(hosted);
      for (const hosted of added) this.#start(hosted, now);
      this.#closeUnusedSessions();
      this.#generation = generation;
    });
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
    this.#enter((now) => {
      this.#feed(hosted, { kind: 'priority-changed', adjustment: health.adjustment }, now);
      this.#feed(hosted, { kind: 'fault-changed', reason: 'tracker-failed', active: health.failed }, now);
    });
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
    this.#enter((now) => {
      this.#deliver(datagram, now);
    });
  }

  #onLinkChanged(link: LinkState): void {
    this.#enter((now) => {
      const session = this.#sessions.get(link.interface);
      if (session !== undefined) this.#tellRouters(session, link, now);
    });
  }

  /** A deadline came. Masters are served at once. Before a backup may take over, what already lies in the sockets is
   *  heard: it may be the advertisement that the deadline waits for. The masters are served between the portions, so
   *  that a flood cannot silence them. */
  #onTimer(): void {
    this.#enter((now) => {
      for (const session of this.#sessions.values()) {
        if (session.retryAt !== undefined && session.retryAt <= now) {
          this.#tellRouters(session, session.link, now);
        }
      }
      this.#serve(now, (hosted) => hosted.router.state.kind !== 'backup');
      for (let portion = 0; portion < DRAIN_PORTIONS && this.#isDue(this.#ports.clock.now()); portion += 1) {
        let count = 0;
        for (const session of this.#sessions.values()) count += session.drain(DRAIN_PORTION);
        this.#serve(this.#ports.clock.now(), (hosted) => hosted.router.state.kind !== 'backup');
        if (count === 0) break;
      }
      this.#serve(this.#ports.clock.now(), () => true);
    });
  }

  // --- how it is done ---

  /** Every way into the engine: judges once how long the process slept, before anything is sent, and plans the next
   *  deadline once, afterwards. A datagram that a drain delivers comes in while the engine is at work: work is not
   *  sleep. */
  #enter(work: (now: Instant) => void): void {
    const now = this.#ports.clock.now();
    if (this.#working) {
      work(now);
      return;
    }
    this.#working = true;
    try {
      this.#judgeStall(now);
      work(now);
    } finally {
      this.#working = false;
    }
    this.#rearm();
  }

  #judgeStall(now: Instant): void {
    for (const hosted of this.#routers.values()) {
      if (hasOutsleptItsPeers(hosted.router, now, this.#restingSince)) this.#feed(hosted, { kind: 'stalled' }, now);
    }
    const lateMs = latenessMs(now, this.#armedAt, this.#restingSince);
    if (lateMs <= STALL_NOTICE_MS) return;
    this.#stallMs += lateMs;
    this.notices.sayLimited('warn', 'stall-detected', 'engine', { stalled_ms: Math.round(lateMs) });
  }

  /** Hands their due deadlines to the routers that are chosen. */
  #serve(now: Instant, chosen: (hosted: HostedRouter) => boolean): void {
    for (const hosted of this.#routers.values()) {
      const deadline = hosted.router.nextDeadline();
      if (deadline !== undefined && deadline <= now && chosen(hosted)) this.#feed(hosted, { kind: 'timer' }, now);
    }
  }

  #isDue(now: Instant): boolean {
    return [...this.#routers.values()].some((hosted) => (hosted.router.nextDeadline() ?? Infinity) <= now);
  }

  #tellRouters(session: InterfaceSession, link: LinkState, now: Instant): void {
    session.update(link);
    // Who becomes master by this news claims its addresses after the kernel was read: they are not lost.
    const masters = [...this.#routers.values()].filter((hosted) => hosted.router.state.kind === 'master');
    for (const hosted of session.routers.values()) {
      for (const input of session.describe()) this.#feed(hosted, input, now);
    }
    for (const hosted of masters) this.#reinstate(hosted, session.link, now);
  }

  /** A master whose address somebody took off gets it back in place. */
  #reinstate(hosted: HostedRouter, link: LinkState, now: Instant): void {
    const lost = findLostAddresses(hosted, link);
    if (lost.length === 0) return;
    for (const address of lost) {
      const fields = { router: hosted.name, address: address.address, interface: link.interface };
      this.notices.say('warn', 'address-lost', fields);
    }
    if (hosted.losses.isTooMany(now)) {
      this.#feed(hosted, { kind: 'claim-failed' }, now);
      return;
    }
    const { announce } = hosted.router.parameters;
    this.#perform(
      hosted,
      [
        { kind: 'claim-addresses', addresses: lost },
        { kind: 'announce-addresses', addresses: lost, count: announce.count },
      ],
      now,
    );
  }

  #deliver(datagram: ReceivedDatagram, now: Instant): void {
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
    this.#feed(hosted, input, now);
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
    this.#perform(hosted, hosted.router.handle(input, now), now);
  }

  #perform(hosted: HostedRouter, outputs: readonly VirtualRouterOutput[], now: Instant): void {
    const session = this.#sessionOf(hosted);
    const context = { hosted, session, ports: this.#ports, notices: this.notices, decidedAt: now };
    if (perform(outputs, context).claimFailed) this.#feed(hosted, { kind: 'claim-failed' }, now);
  }

  #sessionOf(hosted: HostedRouter): InterfaceSession {
    const session = this.#sessions.get(hosted.router.parameters.interface);
    assert(session !== undefined, 'the interface of every router has a session');
    return session;
  }

  #register(hosted: HostedRouter): void {
    this.#routers.set(hosted.name, hosted);
    this.#sessionOf(hosted).routers.set(hosted.router.parameters.vrid, hosted);
  }

  #start(hosted: HostedRouter, now: Instant): void {
    for (const input of this.#sessionOf(hosted).describe()) this.#feed(hosted, input, now);
    this.#feed(hosted, { kind: 'startup' }, now);
  }

  #change(hosted: HostedRouter, configuration: RouterConfiguration | undefined, now: Instant): void {
    if (configuration === undefined) return;
    const [parameters] = configuration.families;
    if (JSON.stringify(hosted.router.parameters) === JSON.stringify(parameters)) return;
    this.#feed(hosted, { kind: 'parameters-changed', parameters }, now);
    // Who stops being the owner gives up what it had as one: it must be able to release it.
    if (!hosted.ownsAddresses()) hosted.preexisting.clear();
  }

  #remove(hosted: HostedRouter, now: Instant): void {
    this.#feed(hosted, { kind: 'shutdown' }, now);
    const { interface: interfaceName, vrid } = hosted.router.parameters;
    this.#sessions.get(interfaceName)?.routers.delete(vrid);
    this.#routers.delete(hosted.name);
  }

  /** Opens a session on every interface that has none yet: all of them, or none.
   *  @throws {BatonError} */
  #openSessions(configurations: readonly RouterConfiguration[]): readonly InterfaceSession[] {
    const opened: InterfaceSession[] = [];
    const names = new Set(configurations.map(({ families: [parameters] }) => parameters.interface));
    try {
      for (const name of names) if (!this.#sessions.has(name)) opened.push(this.#openSession(name));
    } catch (error) {
      for (const session of opened) session.close();
      throw error;
    }
    return opened;
  }

  #openSession(interfaceName: string): InterfaceSession {
    // Watched before it is read, so that no change falls between the two; the monitor goes on watching what has no
    // router any more.
    if (!this.#watched.has(interfaceName)) {
      this.#ports.linkMonitor.watch([interfaceName], (link) => {
        this.#onLinkChanged(link);
      });
      this.#watched.add(interfaceName);
    }
    return new InterfaceSession(interfaceName, {
      ports: this.#ports,
      notices: this.notices,
      kindOf: (address) => this.#kindOf(address),
      receive: (datagram) => {
        this.#onDatagram(datagram);
      },
    });
  }

  #closeUnusedSessions(): void {
    for (const session of this.#sessions.values()) {
      if (session.routers.size > 0) continue;
      session.close();
      this.#sessions.delete(session.name);
    }
  }

  #kindOf(address: IpAddress): 'moved' | 'owned' | 'free' {
    const users = [...this.#routers.values()].filter((hosted) => hosted.virtualAddresses().includes(address));
    if (users.length === 0) return 'free';
    return users.every((hosted) => hosted.ownsAddresses()) ? 'owned' : 'moved';
  }

  #rearm(): void {
    const deadlines = [
      ...[...this.#routers.values()].map((hosted) => hosted.router.nextDeadline()),
      ...[...this.#sessions.values()].map((session) => session.retryAt),
    ].filter((deadline) => deadline !== undefined);
    const next = deadlines.length === 0 ? undefined : Math.min(...deadlines);
    this.#armedAt = next;
    this.#restingSince = this.#ports.clock.now();
    this.#ports.timer.arm(next, () => {
      this.#onTimer();
    });
  }
}

function receiveContext(hosted: HostedRouter | undefined): ReceiveContext | undefined {
  if (hosted === undefined) return undefined;
  return { parameters: hosted.router.parameters, primaryAddress: hosted.router.primaryAddress };
}

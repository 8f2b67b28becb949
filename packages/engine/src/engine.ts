// The election engine: hosts the virtual routers, feeds them what happens and performs what they ask, all in one tick.
//
//   datagram ─> reception.ts ─┐                                       ┌─> sockets, addresses, announcer (perform.ts)
//   link ─────> sessions.ts ──┼─> stall check -> VirtualRouter.handle ┤
//   timer ────> roster.ts ────┘   (drains first)    (turn.ts)         └─> emit(message) to the agent
//
// One timer, armed for the smallest deadline of all routers. Everything is synchronous; nothing here knows Node, a
// file or a process.

import type { Instant } from '@baton/base';
import type { HeldAddress, LinkState } from '@baton/net';
import { heldAddresses, OWNER_PRIORITY, type VirtualRouterParameters } from '@baton/vrrp';
import { holdRouter, maintain, takeOver } from './handover.js';
import { HostedRouter, type FamilyRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import { notePreexisting, removeLeftoverLinksAndRoutes, removeLeftovers } from './leftovers.js';
import { reinstateLostAddresses } from './lost-addresses.js';
import type { EngineSnapshot, RouterConfiguration, RouterSnapshot, SyncGroupConfiguration } from './messages.js';
import { MovingGroup } from './moving-group.js';
import { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';
import { Reception } from './reception.js';
import { RefusedTraffic } from './refused-traffic.js';
import { planReload, withKnownEpoch, type ReloadPlan } from './reload.js';
import { Roster } from './roster.js';
import { changeRoutes } from './routes.js';
import { Sessions } from './sessions.js';
import { snapshotRouter } from './snapshot.js';
import { canOutsleepPeers, hasOutsleptItsPeers, latenessMs, STALL_NOTICE_MS } from './stall.js';
import { sessionOf, takeGroupTurn, takeTurn, type TurnContext } from './turn.js';
import { ensureVirtualLink, removeVirtualLink } from './virtual-mac.js';
import { WillKeeper } from './will-keeper.js';

/** Datagrams that are read from each socket at a time before a backup may take over, and how often: what a flood sends
 *  beyond that waits for the event loop. */
export const DRAIN_PORTION = 128;
export const DRAIN_PORTIONS = 32;

/** All virtual routers of one node. */
export class Engine {
  readonly notices: Notices;
  readonly #ports: EnginePorts;
  readonly #roster = new Roster();
  readonly #sessions: Sessions;
  readonly #reception: Reception;
  readonly #context: TurnContext;
  readonly #refusedTraffic: RefusedTraffic;
  readonly #wills: WillKeeper;
  #armedAt: Instant | undefined;
  /** When the engine last had nothing to do: what is late since then is late because the process did not run. */
  #restingSince: Instant = 0;
  #working = false;
  #stallMs = 0;
  #generation = 0;
  #maintenance = false;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.notices = new Notices(ports);
    this.#reception = new Reception(ports, this.notices);
    this.#sessions = new Sessions({
      ports,
      notices: this.notices,
      kindOf: (address) => this.#roster.kindOf(address),
      receive: (session, datagram) => {
        this.#enter((now) => {
          const heard = this.#reception.judge(session, datagram, now);
          if (heard !== undefined) takeTurn(heard.family, heard.input, now, this.#context);
        });
      },
      linkChanged: (link) => {
        this.#enter((now) => {
          this.#onLinkChanged(link, now);
        });
      },
    });
    this.#refusedTraffic = new RefusedTraffic(ports);
    this.#wills = new WillKeeper(ports.emit, (name) => this.#roster.find(name));
    const { notices } = this;
    this.#context = { ports, notices, roster: this.#roster, sessions: this.#sessions, wills: this.#wills };
  }

  /** Runs exactly these routers from now on, or changes nothing (reload.ts says who keeps its state).
   *  @throws {BatonError} when the kernel refuses a socket or does not answer; everything then goes on as before */
  configure(
    generation: number,
    configurations: readonly RouterConfiguration[],
    syncGroups: readonly SyncGroupConfiguration[] = [],
  ): void {
    this.#enter((now) => {
      const plan = planReload(this.#roster.all(), configurations);
      const options = { mac: this.#ports.mac, nowMs: this.#ports.wallClockMs() };
      const newcomers = plan.added.map((wanted) => new HostedRouter(withKnownEpoch(wanted, plan.leaving), options));
      const newFamilies = newcomers.flatMap(({ families }) => families);

      // What can be refused comes first: nothing below this block throws. Only a node that begins takes the addresses
      // of its past life off even before that: it has nothing to lose, and does nothing else while it holds them.
      const begins = this.#roster.size === 0;
      if (begins) removeLeftoverLinksAndRoutes(newFamilies, this.#ports, this.notices);
      const held = this.#ports.addressOwner.list();
      if (begins) removeLeftovers(newFamilies, held, this.#ports, this.notices);
      const opened = this.#openSessions(configurations);

      this.#removeLeaving(plan, syncGroups, now);
      this.#sessions.adopt(opened);
      for (const { hosted, configuration } of plan.staying) {
        newFamilies.push(...this.#change(hosted, configuration, held, now));
      }
      if (!begins) removeLeftovers(newFamilies, held, this.#ports, this.notices);
      for (const hosted of newcomers) this.#roster.add(hosted);
      this.#begin(newFamilies, syncGroups, now);
      // Which addresses of an interface are the host's own may be another matter now, for every router.
      for (const session of this.#sessions.all()) this.#tellRouters(session, now);
      this.#sessions.closeUnused();
      for (const { name } of [...plan.leaving, ...this.#roster.all()]) this.#wills.note(name);
      this.#generation = generation;
    });
  }

  /** Every router leaves: masters resign and take their addresses off. The engine can only be dropped after that. */
  shutdown(): void {
    const now = this.#ports.clock.now();
    for (const group of this.#roster.groups()) takeGroupTurn(group, group.shutdown(now), now, this.#context);
    for (const family of this.#roster.families()) removeVirtualLink(family, this.#context);
    this.#refusedTraffic.end();
    this.#sessions.close();
    this.#ports.linkMonitor.close();
    this.#ports.timer.arm(undefined, () => undefined);
    this.#roster.clear();
    this.#wills.settle();
  }

  /** Tells all wills again, to an agent that has not heard them. */
  restateWills(): void {
    this.#wills.restate();
  }

  /** What the trackers of one router say. */
  setHealth(routerName: string, health: { readonly adjustment: number; readonly failed: boolean }): void {
    const hosted = this.#roster.find(routerName);
    if (hosted === undefined) return;
    this.#enter((now) => {
      for (const family of hosted.families) {
        takeTurn(family, { kind: 'priority-changed', adjustment: health.adjustment }, now, this.#context);
      }
      for (const family of hosted.families) {
        const fault = { kind: 'fault-changed', reason: 'tracker-failed', active: health.failed } as const;
        takeTurn(family, fault, now, this.#context);
      }
    });
  }

  /** The agent hands the mastership of a router over, or has ended that. */
  setHeld(routerName: string, held: boolean): void {
    const hosted = this.#roster.find(routerName);
    if (hosted === undefined) return;
    this.#enter((now) => {
      holdRouter(hosted, held, now, this.#context);
    });
  }

  /** A router takes over now; the agent is answered as soon as its claim is known. */
  takeOver(routerName: string): void {
    const hosted = this.#roster.find(routerName);
    this.#enter((now) => {
      const answer = hosted === undefined
        ? ({ ok: false, why: 'unknown-router' } as const)
        : takeOver(hosted, now, this.#context);
      this.#ports.emit({ type: 'take-over-answered', router: routerName, ...answer });
    });
  }

  /** Whether every router of this node, also one that comes, is in fault with the reason `maintenance`. */
  setMaintenance(active: boolean): void {
    if (active === this.#maintenance) return;
    this.#maintenance = active;
    this.#enter((now) => {
      maintain(this.#roster.families(), active, now, this.#context);
    });
  }

  /** The routers themselves, in the order in which they came: for whoever looks at them after every input. */
  get routers(): readonly HostedRouter[] {
    return this.#roster.all();
  }

  /** The state of every router, read back from the kernel where the kernel has the truth. */
  snapshotRouters(): readonly RouterSnapshot[] {
    const held = this.#ports.addressOwner.list();
    return this.#roster.all().map((hosted) => snapshotRouter(hosted, held));
  }

  /** What the engine counts about itself. */
  snapshotEngine(): Pick<EngineSnapshot, 'driver' | 'generation' | 'stallMs' | 'discarded'> {
    return {
      driver: this.#ports.packetIo.driver,
      generation: this.#generation,
      stallMs: this.#stallMs,
      discarded: { ...this.#reception.discarded },
    };
  }

  // --- what happens ---

  #onLinkChanged(link: LinkState, now: Instant): void {
    // Who becomes master by this news claims its addresses after the kernel was read: they are not lost.
    const masters = this.#roster.families().filter(({ router }) => router.state.kind === 'master');
    const sessions = this.#sessions.on(link.interface);
    for (const session of sessions) session.update(link);
    for (const session of sessions) for (const family of session.routers.values()) this.#ensureLink(family);
    for (const session of sessions) this.#tellRouters(session, now);
    for (const family of masters) reinstateLostAddresses(family, link, now, this.#context);
  }

  /** A deadline came. Masters are served at once. Before a backup may take over, what already lies in the sockets is
   *  heard: it may be the advertisement that the deadline waits for. The masters are served between the portions, so
   *  that a flood cannot silence them. */
  #onTimer(): void {
    this.#enter((now) => {
      for (const session of this.#sessions.all()) {
        if (session.retryAt !== undefined && session.retryAt <= now) this.#retrySocket(session, now);
      }
      this.#serve(now, isNoBackup);
      for (let portion = 0; portion < DRAIN_PORTIONS && this.#isDue(this.#ports.clock.now()); portion += 1) {
        const count = this.#sessions.drain(DRAIN_PORTION);
        this.#serve(this.#ports.clock.now(), isNoBackup);
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
      // Also after work that was refused: the time that it took was no sleep.
      this.#rearm();
    }
    this.#wills.settle();
  }

  #judgeStall(now: Instant): void {
    const lateMs = latenessMs(now, this.#armedAt, this.#restingSince);
    if (!canOutsleepPeers(lateMs)) return;
    for (const family of this.#roster.families()) {
      if (!hasOutsleptItsPeers(family.router, now, this.#restingSince)) continue;
      family.stalledMs = lateMs;
      takeTurn(family, { kind: 'stalled' }, now, this.#context);
    }
    if (lateMs <= STALL_NOTICE_MS) return;
    this.#stallMs += lateMs;
    this.notices.sayLimited('warn', 'stall-detected', 'engine', { stalled_ms: Math.round(lateMs) });
  }

  /** Hands their due deadlines to the routers that are chosen. */
  #serve(now: Instant, chosen: (family: FamilyRouter) => boolean): void {
    for (const family of this.#roster.due(now)) {
      if (chosen(family)) takeTurn(family, { kind: 'timer' }, now, this.#context);
    }
  }

  #isDue(now: Instant): boolean {
    return (this.#roster.firstDeadline ?? Infinity) <= now;
  }

  #retrySocket(session: InterfaceSession, now: Instant): void {
    session.update(session.link);
    this.#tellRouters(session, now);
  }

  #tellRouters(session: InterfaceSession, now: Instant): void {
    for (const family of session.routers.values()) this.#tell(family, now);
  }

  /** Tells a router what its interface is like now. */
  #tell(family: FamilyRouter, now: Instant): void {
    const given = family.hosted.settings.sourceAddresses[family.family];
    for (const input of sessionOf(family, this.#sessions).describe(given)) takeTurn(family, input, now, this.#context);
  }

  /** All that is needed to run these configurations and can be refused.
   *  @throws {BatonError} nothing has changed then */
  #openSessions(configurations: readonly RouterConfiguration[]): readonly InterfaceSession[] {
    const opened = this.#sessions.open(configurations.flatMap(({ families }) => families));
    try {
      this.#refusedTraffic.replace(configurations);
    } catch (error) {
      for (const session of opened) session.close();
      throw error;
    }
    return opened;
  }

  /** Who leaves is first told to be on its own, so that those who stay do not move with it. */
  #removeLeaving({ leaving, staying }: ReloadPlan, syncGroups: readonly SyncGroupConfiguration[], now: Instant): void {
    const removed = staying.flatMap(({ hosted, configuration }) =>
      hosted.families.filter(({ family }) => !configuration.families.some((next) => next.family === family)),
    );
    for (const family of removed) family.hosted.removeFamily(family);
    const alone = removed.map((family) => new MovingGroup(undefined, [family]));
    this.#form([...this.#roster.regroup(syncGroups, leaving), ...alone], now);
    for (const group of [...leaving.map((hosted) => this.#roster.groupOf(hosted)), ...alone]) {
      takeGroupTurn(group, group.shutdown(now), now, this.#context);
      for (const family of group.families) {
        removeVirtualLink(family, this.#context);
        sessionOf(family, this.#sessions).routers.delete(family.router.parameters.vrid);
        this.#roster.forget(family);
      }
    }
    for (const hosted of leaving) this.#roster.delete(hosted);
  }

  /** @returns families that it has now and had not before */
  #change(
    hosted: HostedRouter,
    configuration: RouterConfiguration,
    held: readonly HeldAddress[],
    now: Instant,
  ): FamilyRouter[] {
    const { routes } = hosted.settings;
    hosted.reconfigure(configuration);
    for (const family of hosted.families) changeRoutes(family, routes, this.#context);
    const added: FamilyRouter[] = [];
    for (const parameters of configuration.families) {
      const family = hosted.families.find((each) => each.family === parameters.family);
      if (family === undefined) added.push(hosted.addFamily(parameters));
      else this.#changeParameters(family, parameters, held, now);
    }
    this.#roster.noteParameters();
    return added;
  }

  #changeParameters(
    family: FamilyRouter,
    parameters: VirtualRouterParameters,
    held: readonly HeldAddress[],
    now: Instant,
  ): void {
    if (JSON.stringify(family.router.parameters) === JSON.stringify(parameters)) return;
    if (parameters.priority === OWNER_PRIORITY) notePreexisting(family, heldAddresses(parameters), held);
    takeTurn(family, { kind: 'parameters-changed', parameters }, now, this.#context);
    // Who stops being the owner gives up what it had as one: it must be able to release it.
    if (!family.ownsAddresses()) family.preexisting.clear();
  }

  #begin(families: readonly FamilyRouter[], syncGroups: readonly SyncGroupConfiguration[], now: Instant): void {
    for (const family of families) {
      sessionOf(family, this.#sessions).routers.set(family.router.parameters.vrid, family);
      this.#ensureLink(family);
    }
    this.#form(this.#roster.regroup(syncGroups), now);
    for (const family of families) this.#tell(family, now);
    if (this.#maintenance) maintain(families, true, now, this.#context);
    for (const family of families) takeTurn(family, { kind: 'startup' }, now, this.#context);
  }

  /** A virtual link is there as soon as its interface is, and watched like it. */
  #ensureLink(family: FamilyRouter): void {
    const link = ensureVirtualLink(family, sessionOf(family, this.#sessions), this.#context);
    if (link !== undefined) this.#sessions.watch(link.name);
  }

  #form(groups: readonly MovingGroup[], now: Instant): void {
    for (const group of groups) takeGroupTurn(group, group.form(now), now, this.#context);
  }

  #rearm(): void {
    const retryAt = this.#sessions.nextRetryAt();
    const deadline = this.#roster.firstDeadline;
    const next = deadline === undefined || retryAt === undefined ? (deadline ?? retryAt) : Math.min(deadline, retryAt);
    this.#armedAt = next;
    this.#restingSince = this.#ports.clock.now();
    this.#ports.timer.arm(next, this.#fire);
  }

  readonly #fire = (): void => {
    this.#onTimer();
  };
}

function isNoBackup({ router }: FamilyRouter): boolean {
  return router.state.kind !== 'backup';
}

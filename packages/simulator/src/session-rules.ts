// The rules that one session can break, judged from what reached it and what was sent for it. Believes the engine's
// state but works out its deadlines again. Knows nothing of other sessions.

import type { Instant, IpAddress } from '@baton/base';
import { RESIGN_PRIORITY, type StateChange, type StateName } from '@baton/vrrp';
import { HeardAdverts } from './heard-adverts.js';
import type { SimulatedNode } from './node.js';
import { readAdvert, ROUNDING_MS, type Report } from './rule.js';
import { viewOf, type SentDatagram, type Session, type SessionView } from './session.js';

/** Judges one session of one node over all lives of that node. */
export class SessionRules {
  /** The state when the engine was idle last; undefined while nothing runs. */
  state: StateName | undefined;
  readonly heard: HeardAdverts;
  readonly #node: SimulatedNode;
  readonly #key: string;
  readonly #report: Report;
  /** Virtual addresses that somebody took away, and when: a master has to see it and put them back. */
  readonly #removed = new Map<IpAddress, Instant>();
  /** Addresses whose last renewal was refused. */
  readonly #refused = new Set<IpAddress>();
  #stateBefore: StateName | undefined;
  #advertisedInCall = false;
  /** Where the last word went: in unicast mode every peer hears it. */
  readonly #lastWordTo = new Set<IpAddress>();
  /** A promotion that failed half-way is undone by everybody, also by who has not advertised yet. */
  #claimRefusedInCall = false;
  #overslept = false;
  /** The last advertisement as master that was no resignation, and how long its hearers are patient at least. */
  #advertised = { at: -Infinity, patienceMs: 0 };
  /** When something was last done to the node: a paused one notices what happened only when it runs again. */
  #steppedAt: Instant = 0;

  /** Looked up once for each configuration. */
  #found: { readonly among: readonly Session[]; readonly session: Session };

  constructor(node: SimulatedNode, session: Session, report: Report) {
    this.#node = node;
    this.#key = session.key;
    this.#report = report;
    this.#found = { among: [], session };
    this.heard = new HeardAdverts(node, () => this.session, report);
  }

  /** As it is configured now. */
  get session(): Session {
    const { sessions } = this.#node;
    if (this.#found.among === sessions) return this.#found.session;
    const session = sessions.find(({ key }) => key === this.#key);
    if (session === undefined) throw new RangeError(`${this.#node.name} has no session ${this.#key}`);
    this.#found = { among: sessions, session };
    return session;
  }

  woke(): void {
    this.#claimRefusedInCall = false;
    this.#stateBefore = this.state;
    this.#advertisedInCall = false;
    this.#lastWordTo.clear();
    const silentMs = this.#node.clock.now() - this.#advertised.at;
    this.#overslept = this.state === 'master' && silentMs > this.#advertised.patienceMs + ROUNDING_MS;
  }

  /** @param view what the engine says now */
  idle(view: SessionView | undefined): void {
    this.state = view?.state;
    this.heard.learn(view);
    if (this.#overslept && this.state === 'master') {
      this.#report('master-after-long-sleep', this.#say('is still master'));
    }
    this.#overslept = false;
    for (const { address } of this.session.parameters.addresses) this.#checkAddress(address);
  }

  /** From now on the engine knows what was taken away. */
  linkRead(): void {
    this.#removed.clear();
  }

  renewed(address: IpAddress, isGranted: boolean): void {
    if (isGranted) this.#refused.delete(address);
    else this.#refused.add(address);
  }

  /** The kernel has taken an address off: a running master is to see to it that this never happens. */
  leaseEnded(address: IpAddress): void {
    if (!this.session.parameters.addresses.some((virtual) => virtual.address === address)) return;
    this.#removed.set(address, this.#node.clock.now());
    if (this.state !== 'master' || !this.#node.isAwake || this.#refused.has(address)) return;
    this.#report('lease-lapsed', this.#say(`is master and has not renewed ${address}`));
  }

  claimed(address: IpAddress, isGranted: boolean): void {
    if (isGranted) this.#removed.delete(address);
    if (isGranted) this.#refused.delete(address);
    else this.#claimRefusedInCall = true;
  }

  stateChanged(change: StateChange, how: { readonly reads: boolean; readonly hurried: boolean }): void {
    this.heard.stateChanged(change, how);
  }

  /** A step is about to be performed on this node.
   *  @param takesAddresses whether it takes the virtual addresses off */
  stepping(takesAddresses: boolean): void {
    this.#steppedAt = this.#node.clock.now();
    this.heard.disturbed();
    if (!takesAddresses) return;
    for (const { address } of this.session.parameters.addresses) this.#removed.set(address, this.#node.clock.now());
  }

  /** The process is gone. */
  ended(): void {
    this.heard.ended();
    this.state = undefined;
  }

  sent({ source, destination, payload }: SentDatagram & { readonly destination: IpAddress }): void {
    const view = viewOf(this.#node.routers, this.session);
    const { priority, intervalMs } = readAdvert(payload);
    if (source !== this.#primaryAddress()) this.#report('wrong-advert', this.#say(`advertises from ${source}`));
    const wasMaster = this.#stateBefore === 'master' || this.#advertisedInCall;
    if (priority === RESIGN_PRIORITY) {
      if (view?.state !== 'master' && (wasMaster || this.#claimRefusedInCall)) return;
      this.#report('advert-from-non-master', this.#say(`resigns as ${view?.state ?? 'nothing'}`));
      return;
    }
    this.#advertisedInCall = true;
    if (view?.state !== 'master') {
      if (wasMaster && priority === view?.priority && this.#saysLastWord(destination)) return;
      this.#report('advert-from-non-master', this.#say(`advertises as ${view?.state ?? 'nothing'}`));
      return;
    }
    if (this.#overslept) this.#report('master-after-long-sleep', this.#say('advertises'));
    // Peers wait for 3 intervals and their skew (RFC 9568 §6.1).
    this.#advertised = { at: this.#node.clock.now(), patienceMs: 3 * intervalMs };
    if (priority === view.priority && intervalMs === view.advertIntervalMs) return;
    this.#report('wrong-advert', this.#say(`advertises ${String(priority)} every ${String(intervalMs)} ms`));
  }

  /** A master that yields to a better one may advertise once more while it still holds its addresses. */
  #saysLastWord(destination: IpAddress): boolean {
    const saidBefore = this.#lastWordTo.has(destination);
    this.#lastWordTo.add(destination);
    const { addresses, interface: place } = this.session.parameters;
    return !saidBefore
      && addresses.every(({ address }) => this.#node.kernel.holds(address, place) || this.#removed.has(address));
  }

  /** What only the passing of time can break. */
  check(): void {
    if (this.state === 'master') this.#checkRemoved();
  }

  #checkAddress(address: IpAddress): void {
    const isHeld = this.#node.kernel.holds(address, this.session.parameters.interface);
    const isMaster = this.state === 'master';
    if (isHeld === isMaster || (isMaster && this.#removed.has(address))) return;
    const detail = `${isHeld ? 'holds' : 'does not hold'} ${address} and is ${this.state ?? 'stopped'}`;
    this.#report('addresses-not-as-state', this.#say(detail));
  }

  #checkRemoved(): void {
    const { clock, setup } = this.#node;
    for (const [address, since] of this.#removed) {
      if (clock.now() - Math.max(since, this.#steppedAt) <= 2 * setup.latencyMs + ROUNDING_MS) continue;
      this.#report('addresses-not-as-state', this.#say(`is master and does not notice that ${address} is gone`));
    }
  }

  #primaryAddress(): IpAddress | undefined {
    const { parameters } = this.session;
    const own = this.#node.setup.interfaces.find(({ name }) => name === parameters.interface);
    return own?.addresses.find(({ address }) => address.includes(':') === (parameters.family === 6))?.address;
  }

  #say(what: string): string {
    return `${this.#node.name} ${what} (${this.#key})`;
  }
}

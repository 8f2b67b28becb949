// The rules that one node can break on its own, judged from what reached it and what it did: those of its process and
// its routers here, those of each session in session-rules.ts. Knows nothing of other nodes.

import type { Instant, IpAddress } from '@baton/base';
import type { HostedRouter } from '@baton/engine/core';
import type { EngineMessage } from '@baton/engine/messages';
import type { StateName } from '@baton/vrrp';
import type { SimulatedNode } from './node.js';
import type { Cause, NodeEvent } from './node-event.js';
import { ROUNDING_MS, type Report } from './rule.js';
import type { Action } from './scenario.js';
import { SessionRules } from './session-rules.js';
import { findSession, viewOf } from './session.js';

/** The longest that a router waits before it claims refused addresses again, ms. */
const LONGEST_CLAIM_RETRY_MS = 300_000;
/** What is thrown away with good reason where the LAN doubles or overtakes what is signed. */
const REPLAY_REASONS: readonly unknown[] = ['authentication-replayed', 'authentication-stale'];

type StateChanged = Extract<EngineMessage, { type: 'state-changed' }>;
type Notice = Extract<EngineMessage, { type: 'notice' }>;

/** Judges one node over all its lives. */
export class NodeRules {
  readonly sessions: readonly SessionRules[];
  /** The sessions that move together. */
  readonly #bonds: readonly (readonly SessionRules[])[];
  readonly #byKey: ReadonlyMap<string, SessionRules | undefined>;
  readonly #node: SimulatedNode;
  readonly #isNode: (address: IpAddress) => boolean;
  readonly #report: Report;
  #cause: Cause = 'start';
  /** What the present call is about. */
  #interface: string | undefined;
  #armedAt: Instant | undefined;
  #armedBefore: Instant | undefined;
  readonly #lastEpochs = new Map<string, number>();
  /** The state that the agent heard of last, of each router. */
  readonly #told = new Map<string, StateName>();
  readonly #fitSince = new Map<string, Instant>();

  /** @param isNode whether an address is one of a node's own */
  constructor(node: SimulatedNode, isNode: (address: IpAddress) => boolean, report: Report) {
    this.#node = node;
    this.#isNode = isNode;
    this.#report = report;
    this.sessions = node.sessions.map((session) => new SessionRules(node, session, report));
    this.#bonds = [...new Set(node.sessions.map(({ bond }) => bond))].map((bond) =>
      this.sessions.filter(({ session }) => session.bond === bond));
    this.#byKey = new Map(node.sessions.map(({ key }, index) => [key, this.sessions[index]] as const));
  }

  /** The state of a session when the engine was idle last; undefined while nothing runs. */
  stateOf(key: string): StateName | undefined {
    return this.#byKey.get(key)?.state;
  }

  see(event: NodeEvent): void {
    switch (event.kind) {
      case 'woke': this.#woke(event.cause, event.interface); break;
      case 'idle': this.#idle(); break;
      case 'sent': this.#rulesOf(event)?.sent(event); break;
      case 'claimed':
        for (const rules of this.sessions) rules.claimed(event.address, event.result.ok);
        break;
      case 'renewed':
        for (const rules of this.sessions) rules.renewed(event.address, event.result.ok);
        break;
      case 'lease-ended':
        for (const rules of this.sessions) rules.leaseEnded(event.address);
        break;
      case 'armed': this.#armedAt = event.at; break;
      case 'told': this.#hear(event.message); break;
      case 'arrived': this.#rulesOf(event)?.heard.arrived(event); break;
      case 'released':
      case 'announced': break;
    }
  }

  /** A step is about to be performed on this node. */
  stepping(action: Action): void {
    this.#fitSince.clear();
    const isOnNode = action.kind === 'node';
    for (const rules of this.sessions) {
      const concerned = !isOnNode || action.lan === undefined || action.lan === rules.session.lan;
      const deletes = concerned && isOnNode && action.verb === 'delete-interface';
      if (deletes) rules.heard.forget();
      rules.stepping(deletes || (concerned && isOnNode && action.verb === 'remove-addresses'));
    }
  }

  /** It was performed: the process may be gone. */
  stepped(): void {
    if (this.#node.isRunning) return;
    for (const rules of this.sessions) rules.ended();
    this.#told.clear();
    this.#armedAt = undefined;
  }

  /** What only the passing of time can break. */
  check(): void {
    if (!this.#node.isAwake) return;
    for (const rules of this.sessions) rules.check();
    for (const bond of this.#bonds) this.#checkPatience(bond);
    for (const { name } of this.#node.setup.routers) this.#checkFault(name);
  }

  /** A backup must not wait longer than the formulas say; one that is not alone waits for the others too. */
  #checkPatience(bond: readonly SessionRules[]): void {
    if (!bond.every(({ state }) => state === 'backup')) return;
    const overdueMs = Math.min(...bond.map(({ heard }) => heard.overdueMs()));
    if (overdueMs <= 0) return;
    const keys = bond.map(({ session }) => session.key).join(' and ');
    const detail = `${keys}: nobody is heard, and it waits ${overdueMs.toFixed(3)} ms too long`;
    this.#report('takeover-too-late', this.#say(detail));
  }

  #rulesOf(event: Extract<NodeEvent, { kind: 'sent' | 'arrived' }>): SessionRules | undefined {
    const session = findSession(this.#node.sessions, event);
    return session === undefined ? undefined : this.#byKey.get(session.key);
  }

  #woke(cause: Cause, interfaceName: string | undefined): void {
    this.#cause = cause;
    this.#interface = interfaceName;
    this.#armedBefore = this.#armedAt;
    for (const rules of this.sessions) rules.woke();
  }

  #idle(): void {
    const { routers } = this.#node;
    for (const rules of this.sessions) {
      if (rules.session.parameters.interface === this.#interface) rules.linkRead();
      rules.idle(viewOf(routers, rules.session));
    }
    this.#checkBonds();
    this.#checkTimer();
    for (const hosted of routers) this.#checkTold(hosted);
  }

  /** Whoever moves together is seen together, whenever the engine rests. */
  #checkBonds(): void {
    for (const bond of this.#bonds) {
      const master = bond.find(({ state }) => state === 'master');
      const torn = bond.find(({ state }) => state !== 'master');
      if (master === undefined || torn === undefined) continue;
      const detail = `${master.session.key} is master and ${torn.session.key} is ${torn.state ?? 'nothing'}`;
      this.#report('bond-torn', this.#say(detail));
    }
  }

  #checkTold({ name, state }: HostedRouter): void {
    const told = this.#told.get(name) ?? 'initialize';
    if (state !== told) {
      this.#report('state-not-told', this.#say(`${name} is ${state}, and the agent was told ${told}`));
    }
  }

  /** Within a call the timer is set again and again; what counts is how the call leaves it. */
  #checkTimer(): void {
    const at = this.#armedAt;
    if (at === undefined) return;
    const lateMs = this.#node.clock.now() - at;
    const isTimer = this.#cause === 'timer';
    const wasLate = this.#armedBefore !== undefined && this.#armedBefore <= this.#node.clock.now();
    // A changed priority shortens a wait that has begun; what was overdue stays so until the timer's own call.
    const mayBeOver = this.#cause === 'health' || this.#cause === 'change' || (!isTimer && wasLate);
    if (mayBeOver || lateMs < 0 || (lateMs === 0 && !isTimer)) return;
    this.#report('timer-in-the-past', this.#say(`sets its timer ${String(lateMs)} ms back after ${this.#cause}`));
  }

  #hear(message: EngineMessage): void {
    if (message.type === 'state-changed') this.#stateChanged(message);
    if (message.type === 'notice' && message.event === 'advertisement-discarded') this.#discarded(message);
  }

  /** A stranger proves nothing, and is no peer. */
  #discarded({ fields }: Notice): void {
    const { router, source, reason } = fields;
    const setup = this.#node.setup.routers.find(({ name }) => name === router);
    const isStrict = setup?.authentication !== undefined || setup?.families[0].unicast !== undefined;
    if (isStrict && !this.#isNode(String(source))) return;
    if (setup?.authentication?.kind === 'hmac' && REPLAY_REASONS.includes(reason)) return;
    // [RFC3768-7.1-5]: whoever owns the addresses heeds nobody else.
    if (reason === 'owner-conflict' && setup?.families[0].version === 2) return;
    this.#report('advert-discarded', this.#say(`discards: ${JSON.stringify(fields)}`));
  }

  #stateChanged({ router, change }: StateChanged): void {
    const reads = this.#cause === 'datagram';
    for (const bond of this.#bonds) {
      const resignedAt = Math.max(...bond.map(({ heard }) => heard.resignedAt));
      for (const rules of bond) {
        if (rules.session.router.name !== router) continue;
        rules.stateChanged(change, { reads, hurried: bond.length > 1 && resignedAt > rules.heard.backupSince });
      }
    }
    this.#told.set(router, change.to);
    const lastEpoch = this.#lastEpochs.get(router) ?? 0;
    const least = change.to === 'master' ? lastEpoch + 1 : lastEpoch;
    if (change.epoch < least) {
      this.#report('epoch-not-grown', this.#say(`${router} has epoch ${String(change.epoch)} again`));
    }
    this.#lastEpochs.set(router, change.epoch);
  }

  #checkFault(router: string): void {
    const { kernel, clock, setup } = this.#node;
    const own = this.sessions.filter(({ session }) => session.router.name === router);
    const isFit = own.every(({ session }) => kernel.interface(session.parameters.interface)?.carries === true)
      && kernel.refusesClaims === undefined && !this.#node.hasFailedTracker(router);
    if (!isFit || !own.some(({ state }) => state === 'fault')) {
      this.#fitSince.delete(router);
      return;
    }
    const fitSince = this.#fitSince.get(router) ?? clock.now();
    this.#fitSince.set(router, fitSince);
    const hosted = this.#node.routers.find(({ name }) => name === router);
    const refused = hosted?.families.some(({ router: { state } }) =>
      state.kind === 'fault' && state.reasons.includes('address-install-failed')) === true;
    const limitMs = 2 * setup.latencyMs + (refused ? LONGEST_CLAIM_RETRY_MS : 0) + ROUNDING_MS;
    if (clock.now() - fitSince > limitMs) this.#report('fault-without-cause', this.#say(`${router} stays in fault`));
  }

  #say(what: string): string {
    return `${this.#node.name}: ${what}`;
  }
}

// The rules that one node can break on its own, judged from what reached it and what it did. Believes the engine's
// state but works out its deadlines again. Knows nothing of other nodes.

import type { Instant } from '@baton/base';
import type { EngineMessage } from '@baton/engine/messages';
import { RESIGN_PRIORITY, type StateName } from '@baton/vrrp';
import { HeardAdverts } from './heard-adverts.js';
import type { SimulatedNode } from './node.js';
import type { Cause, NodeEvent } from './node-event.js';
import { readAdvert, ROUNDING_MS, type Report } from './rule.js';
import type { Action } from './scenario.js';

/** The longest that a router waits before it claims refused addresses again, ms. */
const LONGEST_CLAIM_RETRY_MS = 300_000;

type StateChanged = Extract<EngineMessage, { type: 'state-changed' }>;

/** Judges one node over all its lives. */
export class NodeRules {
  /** The state when the engine was idle last; undefined while nothing runs. */
  state: StateName | undefined;
  readonly #node: SimulatedNode;
  readonly #virtualAddresses: readonly string[];
  readonly #report: Report;
  readonly #heard: HeardAdverts;
  /** Virtual addresses that somebody took away, and when: a master has to see it and put them back. */
  readonly #removed = new Map<string, Instant>();
  #cause: Cause = 'start';
  #stateBefore: StateName | undefined;
  #advertisedInCall = false;
  #overslept = false;
  /** The last advertisement as master that was no resignation, and how long its hearers are patient at least. */
  #advertised = { at: -Infinity, patienceMs: 0 };
  #armedAt: Instant | undefined;
  #armedBefore: Instant | undefined;
  #lastEpoch = 0;
  /** The state that the agent heard of last. */
  #told: StateName = 'initialize';
  #fitSince: Instant | undefined;
  /** When something was last done to the node: a paused one notices what happened only when it runs again. */
  #steppedAt: Instant = 0;

  constructor(node: SimulatedNode, virtualAddresses: readonly string[], report: Report) {
    this.#node = node;
    this.#virtualAddresses = virtualAddresses;
    this.#report = report;
    this.#heard = new HeardAdverts(node, report);
  }

  see(event: NodeEvent): void {
    switch (event.kind) {
      case 'woke': this.#woke(event.cause); break;
      case 'idle': this.#idle(); break;
      case 'sent': this.#sent(event.source, event.payload); break;
      case 'claimed': if (event.result.ok) this.#removed.delete(event.address); break;
      case 'armed': this.#armedAt = event.at; break;
      case 'told': this.#hear(event.message); break;
      case 'arrived': this.#heard.arrived(event.payload); break;
      case 'released':
      case 'announced': break;
    }
  }

  /** A step is about to be performed on this node. */
  stepping(action: Action): void {
    this.#steppedAt = this.#node.clock.now();
    this.#heard.disturbed();
    this.#fitSince = undefined;
    if (action.kind !== 'node') return;
    if (action.verb === 'delete-interface') this.#heard.forget();
    if (action.verb !== 'delete-interface' && action.verb !== 'remove-addresses') return;
    for (const address of this.#virtualAddresses) this.#removed.set(address, this.#node.clock.now());
  }

  /** It was performed: the process may be gone. */
  stepped(): void {
    if (this.#node.isRunning) return;
    this.#heard.forget();
    this.#told = 'initialize';
    this.state = undefined;
    this.#armedAt = undefined;
  }

  /** What only the passing of time can break. */
  check(): void {
    if (!this.#node.isAwake) return;
    if (this.state === 'backup') this.#heard.checkPatience();
    if (this.state === 'master') this.#checkRemoved();
    if (this.state === 'fault') this.#checkFault();
    else this.#fitSince = undefined;
  }

  #woke(cause: Cause): void {
    this.#cause = cause;
    this.#stateBefore = this.state;
    this.#advertisedInCall = false;
    this.#armedBefore = this.#armedAt;
    const silentMs = this.#node.clock.now() - this.#advertised.at;
    this.#overslept = this.state === 'master' && silentMs > this.#advertised.patienceMs + ROUNDING_MS;
  }

  #idle(): void {
    const snapshot = this.#node.snapshot();
    this.state = snapshot?.state;
    this.#heard.learn(snapshot);
    if (this.#overslept && this.state === 'master') {
      this.#report('master-after-long-sleep', this.#say('is still master'));
    }
    this.#overslept = false;
    // From now on it knows what was taken away.
    if (this.#cause === 'link') this.#removed.clear();
    for (const address of this.#virtualAddresses) this.#checkAddress(address);
    this.#checkTimer();
    if (this.state === undefined || this.state === this.#told) return;
    this.#report('state-not-told', this.#say(`is ${this.state}, and the agent was told ${this.#told}`));
  }

  #checkAddress(address: string): void {
    const isHeld = this.#node.kernel.holds(address);
    const isMaster = this.state === 'master';
    if (isHeld === isMaster || (isMaster && this.#removed.has(address))) return;
    const detail = `${isHeld ? 'holds' : 'does not hold'} ${address} and is ${this.state ?? 'stopped'}`;
    this.#report('addresses-not-as-state', this.#say(detail));
  }

  #checkRemoved(): void {
    const { clock, plan } = this.#node;
    for (const [address, since] of this.#removed) {
      if (clock.now() - Math.max(since, this.#steppedAt) <= 2 * plan.latencyMs + ROUNDING_MS) continue;
      this.#report('addresses-not-as-state', this.#say(`is master and does not notice that ${address} is gone`));
    }
  }

  #sent(source: string, payload: Uint8Array): void {
    const snapshot = this.#node.snapshot();
    const { priority, intervalMs } = readAdvert(payload);
    if (source !== this.#node.primaryAddress) this.#report('wrong-advert', this.#say(`advertises from ${source}`));
    if (priority === RESIGN_PRIORITY) {
      const wasMaster = this.#stateBefore === 'master' || this.#advertisedInCall;
      if (snapshot?.state !== 'master' && wasMaster) return;
      this.#report('advert-from-non-master', this.#say(`resigns as ${snapshot?.state ?? 'nothing'}`));
      return;
    }
    this.#advertisedInCall = true;
    if (snapshot?.state !== 'master') {
      this.#report('advert-from-non-master', this.#say(`advertises as ${snapshot?.state ?? 'nothing'}`));
      return;
    }
    if (this.#overslept) this.#report('master-after-long-sleep', this.#say('advertises'));
    // Peers wait for 3 intervals and their skew (RFC 9568 §6.1).
    this.#advertised = { at: this.#node.clock.now(), patienceMs: 3 * intervalMs };
    if (priority === snapshot.priority.effective && intervalMs === snapshot.advertIntervalMs) return;
    this.#report('wrong-advert', this.#say(`advertises ${String(priority)} every ${String(intervalMs)} ms`));
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
    if (message.type === 'notice' && message.event === 'advertisement-discarded') {
      this.#report('advert-discarded', this.#say(`discards: ${JSON.stringify(message.fields)}`));
    }
  }

  #stateChanged({ change }: StateChanged): void {
    this.#heard.stateChanged(change, this.#cause === 'datagram');
    this.#told = change.to;
    const least = change.to === 'master' ? this.#lastEpoch + 1 : this.#lastEpoch;
    if (change.epoch < least) this.#report('epoch-not-grown', this.#say(`has epoch ${String(change.epoch)} again`));
    this.#lastEpoch = change.epoch;
  }

  #checkFault(): void {
    const { kernel, clock } = this.#node;
    if (!kernel.carries || kernel.refusesClaims !== undefined || this.#node.hasFailedTracker) {
      this.#fitSince = undefined;
      return;
    }
    this.#fitSince ??= clock.now();
    const refused = this.#node.snapshot()?.faults.includes('address-install-failed') ?? false;
    const limitMs = 2 * this.#node.plan.latencyMs + (refused ? LONGEST_CLAIM_RETRY_MS : 0) + ROUNDING_MS;
    if (clock.now() - this.#fitSince > limitMs) this.#report('fault-without-cause', this.#say('stays in fault'));
  }

  #say(what: string): string {
    return `${this.#node.name} ${what}`;
  }
}

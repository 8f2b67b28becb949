// Hands masterships over, on this side of the control channel and on the other. The old master is held first, so that
// it goes on as master with the lowest priority; then the successor is told to take over; the old master lets go when
// it hears the successor's advertisement. So the address is never without a holder, and where anything fails the hold
// is lifted and all is as before.
//
//   hold (here) ──> take-over (there): claims, announces, advertises ──> higher-priority-advert (here): lets go
//
// Without a peer that is connected and ready, a preempting backup does the same by its timer. Decides the order; what a
// hold and a takeover are, the core decides.

import { describeError, type Clock } from '@baton/base';
import type { EngineMessage, RouterSnapshot } from '@baton/engine/messages';
import type { HandOverReport } from '../control/messages.js';
import type { EngineChannel } from '../engine-channel.js';
import type { EventReporter } from '../events.js';
import type { PeerChannel } from './channel.js';
import type { Answer, PeerRequest } from './messages.js';
import { chooseSuccessor } from './successor.js';

/** How long a peer may take to take over, ms. */
export const TAKE_OVER_TIMEOUT_MS = 1000;
/** How long the engine may take to hear the successor after that, ms. */
export const LETTING_GO_TIMEOUT_MS = 1000;
/** Room for a busy machine, where only a timer of a peer is waited for, ms. */
const TIMER_MARGIN_MS = 500;

/** What it works with. */
export interface HandOversOptions {
  readonly engine: Pick<EngineChannel, 'send' | 'snapshot'>;
  readonly channel: Pick<PeerChannel, 'request' | 'view'>;
  readonly reporter: EventReporter;
  readonly clock: Clock;
}

/** What a hand-over is asked to be. */
export interface HandOverWish {
  /** The peer that shall take over; any that is ready without it. */
  readonly to?: string;
  /** After this the router is not held any more, ms; without it until it is asked back or its master fails. */
  readonly holdMs?: number;
  /** Where no peer is connected and ready: wait for one that preempts by its timer (default), or give up. */
  readonly withoutPeer?: 'wait' | 'give-up';
}

/** The hand-overs of one node. */
export class HandOvers {
  readonly #options: HandOversOptions;
  /** Waiting for a router of ours to let go. */
  readonly #lettingGo = new Map<string, () => void>();
  /** Waiting for a router of ours to take over. */
  readonly #takingOver = new Map<string, (answer: Answer) => void>();
  readonly #holds = new Map<string, NodeJS.Timeout>();

  constructor(options: HandOversOptions) {
    this.#options = options;
  }

  /** Hands every router over that this node is master of. Never rejects. */
  async handOverAll(wish: HandOverWish = {}): Promise<readonly HandOverReport[]> {
    let masters: readonly RouterSnapshot[];
    try {
      masters = (await this.#options.engine.snapshot()).routers.filter(({ state }) => state === 'master');
    } catch (error) {
      return [failed('', describeError(error))];
    }
    const reports: HandOverReport[] = [];
    // One after the other: a group moves with its first member.
    for (const { name } of masters) {
      const report = await this.handOver(name, wish);
      if (report.outcome !== 'not-master' || masters.length === 1) reports.push(report);
    }
    return reports;
  }

  /** Hands one router over, with all that it moves with. Never rejects. */
  async handOver(router: string, wish: HandOverWish = {}): Promise<HandOverReport> {
    let own: RouterSnapshot | undefined;
    try {
      own = (await this.#options.engine.snapshot()).routers.find(({ name }) => name === router);
    } catch (error) {
      return failed(router, describeError(error));
    }
    if (own === undefined) return failed(router, 'there is no such virtual router');
    if (own.state !== 'master') return { ...failed(router, `it is ${own.state} here`), outcome: 'not-master' };
    if (own.priority.configured === OWNER_PRIORITY) return failed(router, 'it owns its addresses (priority 255)');
    if (this.#lettingGo.has(router)) return failed(router, 'it is being handed over already');
    const report = await this.#letGo(own, wish);
    const { outcome, to, why, took_ms: tookMs } = report;
    const level = outcome === 'done' ? 'info' : 'warn';
    this.#options.reporter.report(level, 'handover-finished', {
      router, outcome, to: to ?? undefined, took_ms: tookMs ?? undefined, why: why ?? undefined,
    });
    return report;
  }

  /** A router of ours has stopped being master, and nobody has taken over from it yet: a ready peer need not wait for
   *  its timer. Never rejects. */
  async pass(router: string, epoch: number): Promise<void> {
    const successor = chooseSuccessor(router, this.#options.channel.view()?.peers ?? [], undefined);
    if (!successor.ok) return;
    const request = { method: 'take-over', router, epoch } as const;
    const answer = await this.#options.channel.request(successor.node, request, TAKE_OVER_TIMEOUT_MS);
    const fields = { router, to: successor.node, why: answer.ok ? undefined : answer.why };
    this.#options.reporter.report(answer.ok ? 'info' : 'warn', 'mastership-passed', fields);
  }

  /** A peer asks this node to take over. Never rejects. */
  answer(peer: string, { router, epoch }: PeerRequest): Promise<Answer> {
    if (this.#takingOver.has(router)) return Promise.resolve({ ok: false, why: 'busy' });
    this.#options.reporter.report('info', 'takeover-requested', { router, peer, epoch });
    this.#liftLater(router, undefined);
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#takingOver.delete(router);
        resolve(answer);
      };
      const timer = setTimeout(() => { settle({ ok: false, why: 'engine-silent' }); }, TAKE_OVER_TIMEOUT_MS);
      this.#takingOver.set(router, settle);
      this.#options.engine.send({ type: 'take-over', router });
    });
  }

  /** The engine has answered a take-over. */
  noteTakeOver(message: Extract<EngineMessage, { type: 'take-over-answered' }>): void {
    this.#takingOver.get(message.router)?.(message.ok ? { ok: true } : { ok: false, why: message.why });
  }

  /** A router of ours has changed its state. */
  noteChange({ router, change }: Extract<EngineMessage, { type: 'state-changed' }>): void {
    if (change.from === 'master') this.#lettingGo.get(router)?.();
  }

  /** Ends every wait for the end of a hold. */
  close(): void {
    for (const timer of this.#holds.values()) clearTimeout(timer);
  }

  async #letGo(own: RouterSnapshot, { to, holdMs, withoutPeer }: HandOverWish): Promise<HandOverReport> {
    const { engine, channel, clock } = this.#options;
    const { name: router, epoch, masterDownIntervalMs } = own;
    const successor = chooseSuccessor(router, channel.view()?.peers ?? [], to);
    if (!successor.ok && (to !== undefined || withoutPeer === 'give-up')) return failed(router, successor.why);
    const startedAt = clock.now();
    engine.send({ type: 'hold', router, hold: true });
    let why = successor.ok ? undefined : successor.why;
    let patienceMs = masterDownIntervalMs + TIMER_MARGIN_MS;
    if (successor.ok) {
      const request = { method: 'take-over', router, epoch } as const;
      const answer = await channel.request(successor.node, request, TAKE_OVER_TIMEOUT_MS);
      if (!answer.ok) {
        engine.send({ type: 'hold', router, hold: false });
        return failed(router, `${successor.node} did not take over: ${answer.why}`);
      }
      why = `${successor.node} took over, and was not heard`;
      patienceMs = LETTING_GO_TIMEOUT_MS;
    }
    if (!await this.#hasLetGo(router, patienceMs)) {
      engine.send({ type: 'hold', router, hold: false });
      return failed(router, why ?? '');
    }
    this.#liftLater(router, holdMs);
    return {
      router, outcome: 'done', to: successor.ok ? successor.node : null, took_ms: round(clock.now() - startedAt),
      why: null,
    };
  }

  /** Waits until a router is not master any more, which it may not be already. */
  async #hasLetGo(router: string, patienceMs: number): Promise<boolean> {
    const left = new Promise<boolean>((resolve) => {
      const settle = (hasLeft: boolean): void => {
        clearTimeout(timer);
        this.#lettingGo.delete(router);
        resolve(hasLeft);
      };
      const timer = setTimeout(() => { settle(false); }, patienceMs);
      this.#lettingGo.set(router, () => { settle(true); });
    });
    void this.#isMaster(router).then((isMaster) => {
      if (!isMaster) this.#lettingGo.get(router)?.();
    });
    return left;
  }

  async #isMaster(router: string): Promise<boolean> {
    try {
      const { routers } = await this.#options.engine.snapshot();
      return routers.some(({ name, state }) => name === router && state === 'master');
    } catch {
      return true; // a silent engine has not said that it has let go
    }
  }

  /** Lifts the hold of a router after a time, and forgets an earlier wish of that kind. */
  #liftLater(router: string, holdMs: number | undefined): void {
    clearTimeout(this.#holds.get(router));
    this.#holds.delete(router);
    if (holdMs === undefined) return;
    this.#holds.set(router, setTimeout(() => {
      this.#holds.delete(router);
      this.#options.engine.send({ type: 'hold', router, hold: false });
    }, holdMs).unref());
  }
}

/** An owner's addresses are its own (RFC 9568 §5.2.4). */
const OWNER_PRIORITY = 255;

function failed(router: string, why: string): HandOverReport {
  return { router, outcome: 'failed', to: null, took_ms: null, why };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

// Why a virtual router is in its state: its last transition with the evidence that the journal has of it, and what
// would happen next. Pure: events and a status in, plain data out.

import { explainReason, type JournalEvent, type RouterStatus, type StatusReport } from '@baton/agent/control';

/** Events of one router around a transition that are kept; the oldest are lost first. */
const MAX_RELATED_EVENTS = 16;
/** How long before a transition an event can be a part of its cause, ms. */
const CAUSE_WINDOW_MS = 10_000;

/** A transition, what stood in the journal shortly before it, and everything after it. */
export interface Story {
  readonly transition: JournalEvent & { readonly router: string };
  /** Warnings and errors of the router or of the engine, oldest first. */
  readonly before: readonly JournalEvent[];
  readonly hooks: readonly JournalEvent[];
}

/** `baton why --json`: stable, snake_case; fields are only ever added. Durations in ms, times ISO 8601 in UTC. */
export interface Explanation {
  readonly router: string;
  readonly time: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** The reason in words. */
  readonly cause: string;
  /** Sentences, the one that explains most first. */
  readonly evidence: readonly string[];
  /** The same as fields: what the journal has of the transition. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly step: string; readonly ms: number }[];
  readonly hooks: readonly { readonly run: string; readonly outcome: string; readonly ms: number | null }[];
  /** What would happen next; empty when no daemon runs. */
  readonly next: readonly string[];
}

/** Reads a journal and remembers the newest transition of each router. */
export class History {
  readonly #stories = new Map<string, Story & { readonly hooks: JournalEvent[] }>();
  #troubles: JournalEvent[] = [];

  /** Takes the next event, in the order of the journal. */
  note(event: JournalEvent): void {
    const { router } = event;
    if (event.event === 'state-changed' && router !== undefined) {
      this.#stories.set(router, { transition: { ...event, router }, before: this.#causes(event, router), hooks: [] });
      return;
    }
    if (event.event === 'hook-finished' && router !== undefined) {
      this.#noteHook(event, router);
      return;
    }
    if (event.level !== 'warn' && event.level !== 'error') return;
    this.#troubles = [...this.#troubles, event].slice(-MAX_RELATED_EVENTS);
  }

  /** Kept when it ran for the transition that is remembered. */
  #noteHook(event: JournalEvent, router: string): void {
    const story = this.#stories.get(router);
    if (story === undefined || story.transition['to'] !== event['state']) return;
    if (story.hooks.length < MAX_RELATED_EVENTS) story.hooks.push(event);
  }

  /** In the order of the routers' names. */
  stories(): readonly Story[] {
    return [...this.#stories.values()].sort((a, b) => a.transition.router.localeCompare(b.transition.router));
  }

  #causes({ time }: JournalEvent, router: string): JournalEvent[] {
    const from = Date.parse(time) - CAUSE_WINDOW_MS;
    return this.#troubles.filter((event) =>
      Date.parse(event.time) >= from && (event.router === undefined || event.router === router));
  }
}

/** What every event of a router has. */
const HEAD: readonly string[] = ['time', 'event', 'level', 'router'];

/** Explains one transition.
 *  @param status undefined when no daemon answers */
export function explain({ transition, before, hooks }: Story, status: StatusReport | undefined): Explanation {
  const { time, router } = transition;
  const fields: Fields = Object.fromEntries(Object.entries(transition).filter(([name]) => !HEAD.includes(name)));
  const reason = text(fields['reason']) ?? 'unknown';
  const now = status?.virtual_routers.find(({ name }) => name === router);
  return {
    router, time, from: text(fields['from']) ?? '', to: text(fields['to']) ?? '', reason,
    cause: explainReason(reason),
    evidence: [...ownEvidence(fields, status), ...before.map(trouble)],
    fields, steps: steps(fields),
    hooks: hooks.map((hook) => ({
      run: text(hook['run']) ?? '', outcome: hookOutcome(hook), ms: number(hook['duration_ms']) ?? null,
    })),
    next: now === undefined ? [] : foresee(now),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function ownEvidence(fields: Fields, status: StatusReport | undefined): readonly string[] {
  return [
    ...stallEvidence(fields), ...refusalEvidence(fields), ...heardEvidence(fields, status), ...timerEvidence(fields),
    ...faultEvidence(fields),
  ];
}

function stallEvidence(fields: Fields): readonly string[] {
  const ms = number(fields['stalled_ms']);
  return ms === undefined ? [] : [`the process did not run for ${spellMs(ms)}`];
}

function refusalEvidence(fields: Fields): readonly string[] {
  const address = text(fields['refused_address']);
  if (address === undefined) return [];
  return [`the kernel refused ${address} on ${text(fields['refused_interface']) ?? '?'}: `
    + (text(fields['refused_errno']) ?? 'no error given')];
}

function heardEvidence(fields: Fields, status: StatusReport | undefined): readonly string[] {
  const from = text(fields['heard_from']);
  const ago = number(fields['heard_ago_ms']);
  if (from === undefined || ago === undefined) return ['no advertisement was heard before it'];
  const node = status?.peers.find(({ address }) => address === from)?.node;
  const priority = number(fields['heard_priority']) ?? 0;
  const who = node === undefined ? from : `${node} (${from})`;
  const said = priority === 0 ? 'priority 0: it leaves' : `priority ${String(priority)}`;
  return [`last advertisement heard: from ${who}, ${said}, every ${spellMs(number(fields['heard_interval_ms']) ?? 0)}, `
    + `${spellMs(ago)} before the decision`];
}

const ARMED_BY: Readonly<Record<string, string>> = {
  entry: 'its own beginning as backup', advertisement: 'an advertisement of the master',
  resignation: 'the resignation of the master', 'group-resignation': 'the resignation heard by its sync group',
};

function timerEvidence(fields: Fields): readonly string[] {
  const [interval, ago] = [number(fields['timer_interval_ms']), number(fields['timer_armed_ago_ms'])];
  if (interval === undefined || ago === undefined) return [];
  const armedBy = text(fields['timer_armed_by']) ?? '';
  const skew = number(fields['skew_time_ms']) ?? 0;
  const advert = number(fields['master_advert_interval_ms']) ?? 0;
  return [`master-down timer: set ${spellMs(ago)} before the decision for ${spellMs(interval)} by `
    + `${ARMED_BY[armedBy] ?? armedBy} (interval ${spellMs(advert)}, skew ${spellMs(skew)})`];
}

function faultEvidence(fields: Fields): readonly string[] {
  const faults = Array.isArray(fields['faults']) ? fields['faults'].map(String) : [];
  const place = text(fields['interface']);
  const where = place === undefined ? '' : ` (interface ${place})`;
  return faults.length === 0 ? [] : [`faults: ${faults.map(explainReason).join('; ')}${where}`];
}

/** An event of before in one line: what it was, and its fields. */
function trouble({ time, event, level: _level, router: _router, ...fields }: JournalEvent): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [`${event} at ${time}:`, ...words].join(' ');
}

/** From the last sign of the old master to the last thing done, as far as each took place. */
function steps(fields: Fields): Explanation['steps'] {
  const detection = number(fields['timer_armed_ago_ms']);
  const taken = [
    ['waiting for the master', fields['to'] === 'master' ? detection : undefined],
    ['advertisement sent', number(fields['advertisement_ms'])],
    [fields['to'] === 'master' ? 'addresses installed' : 'addresses removed', number(fields['addresses_ms'])],
    ['first announcement sent', number(fields['announced_ms'])],
  ] as const;
  return taken.flatMap(([step, ms]) => ms === undefined ? [] : [{ step, ms }]);
}

function hookOutcome(hook: JournalEvent): string {
  const code = number(hook['exit_code']);
  if (code !== undefined) return `exit code ${String(code)}`;
  return text(hook['signal']) ?? text(hook['outcome']) ?? 'unknown';
}

/** What would happen if the master died now, and why this node does not take over before. */
function foresee(router: RouterStatus): readonly string[] {
  switch (router.state) {
    case 'master': return foreseeAsMaster(router);
    case 'backup': return foreseeAsBackup(router);
    case 'fault': return [`this node takes no part until this is over: ${router.faults.map(explainReason).join('; ')}`];
    case 'initialize': return ['this node does not take part yet'];
  }
}

function foreseeAsMaster({ peers, advert_interval_ms: intervalMs }: RouterStatus): readonly string[] {
  const known = peers.filter(({ priority }) => priority !== null)
    .map(({ node, address, priority }) => ({ name: node ?? address, priority: priority ?? 0 }))
    .sort((a, b) => b.priority - a.priority);
  const [heir] = known;
  if (heir === undefined) {
    return ['if this node dies, a backup takes over after 3 intervals and its skew time, '
      + `${spellMs(3 * intervalMs)} to ${spellMs(4 * intervalMs)}; backups do not advertise, and none was heard`];
  }
  const skewMs = ((256 - heir.priority) * intervalMs) / 256;
  return [`if this node dies, ${heir.name} takes over after ${spellMs(3 * intervalMs + skewMs)} `
    + `(priority ${String(heir.priority)} when it was heard last)`];
}

function foreseeAsBackup(router: RouterStatus): readonly string[] {
  const { master, priority, master_down_interval_ms: downMs, preempt } = router;
  if (master === null) return [`no master is heard: this node takes over ${spellMs(downMs)} after it began to listen`];
  const name = master.node ?? master.address;
  const takeover = `if ${name} dies, this node takes over ${spellMs(downMs)} after its last advertisement`;
  if (master.priority > priority.effective) {
    const numbers = `${String(priority.effective)} is below ${String(master.priority)}`;
    return [takeover, `this node does not preempt ${name}: its priority ${numbers}`];
  }
  if (master.priority === priority.effective) return [takeover, `this node does not preempt ${name}: equal priorities`];
  return [takeover, preempt ? `this node preempts ${name} when preempt_delay is over`
    : `this node does not preempt ${name}: preempt is false`];
}

/** `0.31 ms`, `12 ms`, `3.01 s`. */
export function spellMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 ? ms.toFixed(2) : String(Math.round(ms))} ms`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

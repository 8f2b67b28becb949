// How things look on a terminal: the status table, event lines, durations, colours. Pure: values in, text out, and the
// caller writes it.

import type { JournalEvent, RouterStatus, StatusReport } from '@baton/agent/control';

/** How to write for one stream. */
export interface Style {
  /** Use colours: only where a person looks. */
  readonly colours: boolean;
}

/** What a person reads differently at a glance. */
type Tone = 'plain' | 'good' | 'bad' | 'doubtful' | 'dim' | 'heading';

/** A piece of a table. */
interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** How a tone begins and ends on a terminal (ECMA-48 SGR): green, red, yellow, faint, bold. */
const COLOURS = {
  good: [32, 39], bad: [31, 39], doubtful: [33, 39], dim: [2, 22], heading: [1, 22],
} as const satisfies Record<Exclude<Tone, 'plain'>, readonly [number, number]>;

const HEADINGS = ['ROUTER', 'NODE', 'STATE', 'PRIORITY', 'SINCE', 'REASON', 'ADDRESSES', 'LAST HEARD'];

/** Colours are for terminals, unless the operator has set NO_COLOR to anything (no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Style {
  const noColour = environment['NO_COLOR'];
  return { colours: stream.isTTY === true && (noColour === undefined || noColour === '') };
}

/** The status of both nodes: one row for this node and one for each peer, for every virtual router; then what is wrong.
 *  @param nowMs wall-clock time, for ages
 *  @returns lines without newlines */
export function formatStatus(report: StatusReport, nowMs: number, style: Style): readonly string[] {
  const { engine } = report;
  const about = [
    `baton ${report.version}`, `generation ${String(report.generation)}`,
    `engine ${String(engine.pid)} (${engine.packet_driver}, ${engine.scheduling})`,
    ...(report.maintenance ? ['maintenance'] : []),
  ];
  const rows = report.virtual_routers.flatMap((router) => [ownRow(report.node, router, nowMs), ...peerRows(router)]);
  const table = rows.length === 0 ? ['no virtual routers yet'] : formatTable([HEADINGS.map(heading), ...rows], style);
  const alarms = report.alarms.map(({ name, since, detail }) =>
    paint({ text: `ALARM ${name} since ${shortTime(since)}: ${detail}`, tone: 'bad' }, style));
  const lines = [`${paint({ text: report.node, tone: 'heading' }, style)}  ${about.join('  ')}`, '', ...table];
  return alarms.length === 0 ? lines : [...lines, '', ...alarms];
}

/** One event on one line: time, level, router, event, then its fields as `name=value`. */
export function formatEvent(event: JournalEvent, style: Style): string {
  const { time, level, event: name, router, ...fields } = event;
  const tone = ({ error: 'bad', warn: 'doubtful', info: 'plain', debug: 'dim' } as const)[level];
  const words = Object.entries(fields).map(([field, value]) => `${field}=${fieldText(value)}`);
  const subject = router === undefined ? [] : [printable(router)];
  return [time, paint({ text: level.padEnd(5), tone }, style), ...subject, printable(name), ...words].join(' ');
}

/** A length of time in its two largest units: `3d 4h`, `3m 12s`, `12s`; below a second `312 ms`. Negative is 0. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${String(Math.max(0, Math.round(ms)))} ms`;
  const seconds = Math.floor(ms / 1000);
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const largest = units.findIndex(([count]) => count > 0);
  const shown = units.slice(largest, largest + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${String(count)}${unit}`).join(' ');
}

/** Text from elsewhere made harmless for a terminal: control characters become escapes. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function ownRow(node: string, router: RouterStatus, nowMs: number): readonly Cell[] {
  const { configured, effective } = router.priority;
  const age = formatDuration(nowMs - Date.parse(router.since));
  const reason = router.faults.length > 0 ? router.faults.join(', ') : router.reason;
  return [
    plain(router.name), plain(`${node} (this node)`), { text: router.state, tone: STATE_TONES[router.state] },
    { text: effective === configured ? String(configured) : `${String(effective)} of ${String(configured)}`,
      tone: effective < configured ? 'doubtful' : 'plain' },
    plain(`${shortTime(router.since)} (${age})`), plain(reason), addressCell(router), plain('-'),
  ];
}

const STATE_TONES = {
  master: 'good', backup: 'plain', initialize: 'doubtful', fault: 'bad',
} as const satisfies Record<RouterStatus['state'], Tone>;

function peerRows(router: RouterStatus): readonly (readonly Cell[])[] {
  return router.peers.map((peer) => [
    plain(''), plain(peer.node === null ? peer.address : `${peer.node} ${peer.address}`),
    { text: peer.state, tone: peer.state === 'unknown' ? 'dim' : STATE_TONES[peer.state] },
    plain(peer.priority === null ? '-' : String(peer.priority)), plain('-'), plain('-'), plain('-'),
    plain(peer.last_heard_ms === null ? 'never' : `${formatDuration(peer.last_heard_ms)} ago`),
  ]);
}

/** What the kernel holds, beside what it should hold: all as master, none otherwise. */
function addressCell(router: RouterStatus): Cell {
  const [first] = router.addresses;
  if (first === undefined) return plain('-');
  const held = router.addresses.filter((address) => address.installed).length;
  const count = router.addresses.length;
  const expected = router.state === 'master' ? count : 0;
  const text = count === 1
    ? `${first.address} ${held === 1 ? 'held' : 'not held'}`
    : `${first.address} +${String(count - 1)}, ${String(held)} of ${String(count)} held`;
  return { text, tone: held !== expected ? 'bad' : held > 0 ? 'good' : 'plain' };
}

/** Columns as wide as their widest cell, two spaces apart. */
function formatTable(rows: readonly (readonly Cell[])[], style: Style): readonly string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => printable(row[column]?.text ?? '').length)));
  return rows.map((row) => row.map((cell, column) => {
    const isLast = column === row.length - 1;
    const padding = isLast ? '' : ' '.repeat((widths[column] ?? 0) - printable(cell.text).length + 2);
    return paint(cell, style) + padding;
  }).join('').trimEnd());
}

function paint({ text, tone }: Cell, style: Style): string {
  const safe = printable(text);
  if (!style.colours || tone === 'plain' || safe === '') return safe;
  const [begin, end] = COLOURS[tone];
  return `\u001B[${String(begin)}m${safe}\u001B[${String(end)}m`;
}

function plain(text: string): Cell {
  return { text, tone: 'plain' };
}

function heading(text: string): Cell {
  return { text, tone: 'heading' };
}

/** `2026-01-01 00:00:00Z` from ISO 8601 in UTC. */
function shortTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** A word as it is, anything else as JSON. */
function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"\p{C}]+$/u.test(value) ? value : printable(JSON.stringify(value));
}

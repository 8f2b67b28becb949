// How things look on a terminal: the status table, event lines, durations, colours. Pure: values in, text out, and the
// caller writes it.

import type {
  JournalEvent, PeerStatus, ReportedState, RouterStatus, StatusReport, SyncGroupStatus,
} from '@baton/agent/control';

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
  const rows = report.virtual_routers.flatMap((router) =>
    [ownRow(report.node, router, nowMs), ...peerRows(router, nowMs)]);
  const table = rows.length === 0 ? ['no virtual routers yet'] : formatTable([HEADINGS.map(heading), ...rows], style);
  const groups = report.sync_groups.map((group) => groupLine(group, nowMs, style));
  const alarms = report.alarms.map(({ name, since, detail }) =>
    paint({ text: `ALARM ${name} since ${shortTime(since)}: ${detail}`, tone: 'bad' }, style));
  const lines = [`${paint({ text: report.node, tone: 'heading' }, style)}  ${about.join('  ')}`, '', ...table];
  const peers = report.peers.filter(({ connected }) => connected).map((peer) => peerLine(peer, style));
  return [groups, peers, alarms].reduce((all, more) => more.length === 0 ? all : [...all, '', ...more], lines);
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
    plain(router.name), plain(`${node} (this node)`),
    { text: `${stateText(router)}${router.held ? ' (held)' : ''}`,
      tone: STATE_TONES[router.state] },
    { text: effective === configured ? String(configured) : `${String(effective)} of ${String(configured)}`,
      tone: effective < configured ? 'doubtful' : 'plain' },
    plain(`${shortTime(router.since)} (${age})`), plain(reason), addressCell(router), plain('-'),
  ];
}

const STATE_TONES = {
  master: 'good', backup: 'plain', initialize: 'doubtful', fault: 'bad',
} as const satisfies Record<RouterStatus['state'], Tone>;

/** Families in different states are named: one of them holds the other back. */
function stateText({ state, families }: RouterStatus): string {
  const states = families.map((family) => `${FAMILY_NAMES[family.family]} ${family.state}`);
  return new Set(families.map((family) => family.state)).size > 1 ? `${state} (${states.join(', ')})` : state;
}

const FAMILY_NAMES = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

/** `GROUP edge  master since 2026-01-01 00:00:00Z (3m 12s)  master-down-timer  web, inside` */
function groupLine(group: SyncGroupStatus, nowMs: number, style: Style): string {
  const { name, state, since, reason, virtual_routers: members } = group;
  const age = formatDuration(nowMs - Date.parse(since));
  const painted = paint({ text: state, tone: STATE_TONES[state] }, style);
  return printable(`GROUP ${name}  `) + painted +
    printable(` since ${shortTime(since)} (${age})  ${reason}  ${members.join(', ')}`);
}

/** `PEER lb-b  connected, 0.42 ms, baton 1.0.0`, and what it does not agree with. */
function peerLine({ node, version, round_trip_ms: roundTripMs, drift }: PeerStatus, style: Style): string {
  const trip = roundTripMs === null ? '' : `, ${roundTripMs.toFixed(2)} ms`;
  const line = printable(`PEER ${node}  connected${trip}, baton ${version ?? 'unknown'}`);
  const told = paint({ text: printable(`drift: ${drift.join('; ')}`), tone: 'doubtful' }, style);
  return drift.length === 0 ? line : `${line}  ${told}`;
}

function peerRows(router: RouterStatus, nowMs: number): readonly (readonly Cell[])[] {
  return router.peers.map((peer) => peer.reported === null ? heardRow(peer, router)
    : reportedRow(peer, peer.reported, nowMs));
}

type RouterPeer = RouterStatus['peers'][number];

/** What the node says of itself. */
function reportedRow(peer: RouterPeer, reported: ReportedState, nowMs: number): readonly Cell[] {
  const { state, priority, since, reason, faults } = reported;
  const { configured, effective } = priority;
  const age = formatDuration(nowMs - Date.parse(since));
  return [
    plain(''), plain(`${peer.node ?? ''} ${peer.address}`), { text: state, tone: STATE_TONES[state] },
    { text: effective === configured ? String(configured) : `${String(effective)} of ${String(configured)}`,
      tone: effective < configured ? 'doubtful' : 'plain' },
    plain(`${shortTime(since)} (${age})`), plain(faults.length > 0 ? faults.join(', ') : reason), plain('-'),
    lastHeard(peer),
  ];
}

/** What its advertisements show. */
function heardRow(peer: RouterPeer, router: RouterStatus): readonly Cell[] {
  return [
    plain(''), plain(peer.node === null ? peer.address : `${peer.node} ${peer.address}`),
    { text: peer.state, tone: peer.state === 'unknown' ? 'dim' : STATE_TONES[peer.state] },
    plain(peer.priority === null ? '-' : String(peer.priority)), plain('-'), peculiarities(peer, router), plain('-'),
    lastHeard(peer),
  ];
}

function lastHeard(peer: RouterPeer): Cell {
  return plain(peer.last_heard_ms === null ? 'never' : `${formatDuration(peer.last_heard_ms)} ago`);
}

/** What is not as usual in the advertisements of a peer: nothing that keeps it from being understood. */
function peculiarities(peer: RouterStatus['peers'][number], router: RouterStatus): Cell {
  const isOtherInterval = peer.advert_interval_ms !== null && peer.advert_interval_ms !== router.advert_interval_ms;
  const found = [
    ...(isOtherInterval ? [`every ${String(peer.advert_interval_ms)} ms`] : []),
    ...(peer.checksum === 'message-only' && router.version === 3 ? ['checksum message-only'] : []),
  ];
  return found.length === 0 ? plain('-') : { text: found.join(', '), tone: 'doubtful' };
}

/** What the kernel holds, beside what it should hold: all as master, none otherwise. */
function addressCell(router: RouterStatus): Cell {
  if (router.addresses.length === 0) return plain('-');
  const held = router.addresses.filter((address) => address.installed).length;
  const count = router.addresses.length;
  const expected = router.state === 'master' ? count : 0;
  const shown = shownAddresses(router.addresses);
  const others = count === shown.length ? '' : ` +${String(count - shown.length)}`;
  const many = `${shown.join(' ')}${others}, ${String(held)} of ${String(count)} held`;
  const text = count === 1 ? `${shown.join(' ')} ${held === 1 ? 'held' : 'not held'}` : many;
  return { text, tone: held !== expected ? 'bad' : held > 0 ? 'good' : 'plain' };
}

/** The first IPv4 and the first IPv6 address; a link-local one, which stands first in the list, only when there is no
 *  other. */
function shownAddresses(addresses: RouterStatus['addresses']): readonly string[] {
  const all = addresses.map(({ address }) => address);
  const first = [
    all.find((address) => !address.includes(':')),
    all.find((address) => address.includes(':') && !/^fe[89ab]/iu.test(address)),
  ].filter((address) => address !== undefined);
  return first.length === 0 ? all.slice(0, 1) : first;
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

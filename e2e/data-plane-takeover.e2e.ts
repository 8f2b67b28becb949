// What happens on the wire when a router of both families is handed over: adverts, announcements, and where a client's
// packets go. Once with the MACs of the hosts and once with the virtual one.

import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@baton/lab';
import { FAST_MS, onLan, type Bed } from './support/bed.js';
import type { Capture } from './support/capture.js';
import { countAnswers, forgetNeighbours, keepAsking, listensToSolicitations, neighbourMac } from './support/client.js';
import { dissect } from './support/dissection.js';
import type { SeenArp, SeenNeighbour } from './support/frames.js';
import { elect, waitForTransition } from './support/journal.js';
import { DUAL_STACK, familyOf, masterMac, MODES, VIP6, VIPS, type Mode } from './support/modes.js';

/** How long an announcement may follow its advert, a client may go on to ask the old master after it, and the old
 *  master may answer after its resignation, ms. */
const SETTLED_MS = 50;
/** Answers of the new master to wait for, from each address. */
const ANSWERS = 20;

/** What was seen of one hand-over from a to b. */
interface Seen {
  readonly bed: Bed;
  readonly mode: Mode;
  /** What the switch passed on. */
  readonly wire: Capture;
  readonly cables: Readonly<Record<'a' | 'b' | 'client', Capture>>;
}

/** A ping in a cable: its number, and the MAC it was sent to. */
interface SeenPing {
  readonly number: string;
  readonly atMs: number;
  readonly to: string;
}

describe.each(MODES)('a planned stop $name', (mode) => {
  test('is followed within 50 ms by a client of both families [G01, G04, G05, G11, H01, H03, H05]', () =>
    onLan(['a', 'b'], async (bed) => {
      const seen = await handOver(bed, mode);
      const announcedAtMs = judgeAnnouncements(seen);
      await judgeClient(seen, announcedAtMs);
      await judgeOldMaster(seen);

      for (const vip of VIPS) {
        expect(await countAnswers(bed.lan, vip, 3)).toBe(3);
        expect(await neighbourMac(bed.lan, vip)).toBe(masterMac(mode, bed.lan.host('b'), familyOf(vip)));
      }
      expect(await listensToSolicitations(bed.lan, 'a', VIP6)).toBe(false);
      expect(await listensToSolicitations(bed.lan, 'b', VIP6)).toBe(true);
    }));
});

/** Stops a while the client asks both addresses, and watches until b has answered for a while. */
async function handOver(bed: Bed, mode: Mode): Promise<Seen> {
  const router = { addresses: DUAL_STACK, virtualMac: mode.virtualMac };
  const [a, b] = [bed.baton('a', { priority: 200, ...router }), bed.baton('b', { priority: 100, ...router })];
  await elect(a, b);
  expect(await listensToSolicitations(bed.lan, 'a', VIP6)).toBe(true);
  expect(await listensToSolicitations(bed.lan, 'b', VIP6)).toBe(false);
  const wire = await bed.capture();
  const cables = {
    a: await bed.captureCable('a'),
    b: await bed.captureCable('b'),
    client: await bed.captureCable('client'),
  };
  // The client knows nothing, asks who has the addresses, and then goes by what it was told [G05].
  await forgetNeighbours(bed.lan);
  const asking = await Promise.all(VIPS.map((vip) => keepAsking(bed.lan, vip)));
  for (const each of asking) bed.stopAtEnd(each);

  await a.stop();
  await waitForTransition(b, 'backup>master', 2_000);
  const before = asking.map(({ lines }) => lines.length);
  await waitFor('b to answer for a while', 2_000, () =>
    asking.every(({ lines }, index) => lines.length > (before[index] ?? 0) + ANSWERS),
  );
  for (const running of [...asking, cables.client, cables.a, cables.b, wire]) await running.stop();
  return { bed, mode, wire, cables };
}

/** @returns when each of the two addresses that the client asks for was announced first, ms */
function judgeAnnouncements({ bed, mode, wire }: Seen): ReadonlyMap<string, number> {
  const host = bed.lan.host('b');
  const firstAdvertMs = (family: 4 | 6): number =>
    wire.adverts(family === 4 ? host.address : host.linkLocal)[0]?.atMs ?? NaN;
  // FRR's first advert over IPv6 is an interval late.
  expect(Math.abs(firstAdvertMs(6) - firstAdvertMs(4))).toBeLessThan(FAST_MS / 2);
  const resignedAtMs = resignationMs(wire);
  const announced = new Map<string, number>();
  for (const vip of DUAL_STACK.map((text) => text.replace(/\/.*/u, ''))) {
    const family = familyOf(vip);
    const all = claims(wire, vip).filter(({ atMs }) => atMs > resignedAtMs);
    const [first] = all;
    expect((first?.atMs ?? NaN) - firstAdvertMs(family)).toBeGreaterThan(0);
    expect((first?.atMs ?? NaN) - firstAdvertMs(family)).toBeLessThan(SETTLED_MS);
    const mac = masterMac(mode, host, family);
    for (const claim of all) {
      if (claim.kind === 'arp') expect(claim).toMatchObject({ senderMac: mac, target: vip });
      else expect(claim).toMatchObject({ targetMac: mac, isRouter: true, isSolicited: false, isOverride: true });
    }
    announced.set(vip, first?.atMs ?? NaN);
  }
  return announced;
}

/** Every ping that the client sent later than that reached b, straight from the client. */
async function judgeClient({ bed, mode, cables }: Seen, announcedAtMs: ReadonlyMap<string, number>): Promise<void> {
  for (const vip of VIPS) {
    const to = masterMac(mode, bed.lan.host('b'), familyOf(vip));
    const sent = await pings(cables.client, vip, bed.lan.client.mac);
    const late = sent.filter(({ atMs }) => atMs > (announcedAtMs.get(vip) ?? NaN) + SETTLED_MS);
    const arrived = await pings(cables.b, vip, bed.lan.client.mac);
    expect(late.length).toBeGreaterThan(0);
    expect(late.filter((ping) => ping.to !== to)).toEqual([]);
    const numbers = new Set(arrived.map(({ number }) => number));
    expect(late.filter(({ number }) => !numbers.has(number))).toEqual([]);
  }
}

/** Nothing answers from a any more, neither who has the address nor what is sent to it. */
async function judgeOldMaster({ bed, wire, cables }: Seen): Promise<void> {
  const answers = [
    ...VIPS.map((vip) => (familyOf(vip) === 4 ? `ip.src == ${vip}` : `ipv6.src == ${vip}`)),
    `arp.src.proto_ipv4 == ${VIPS[0]}`,
    `icmpv6.nd.na.target_address == ${VIP6}`,
  ].join(' || ');
  // What b sends to the client alone is not in a's cable.
  const filter = `eth.dst == ${bed.lan.client.mac} && (${answers})`;
  const rows = await dissect(cables.a.file, filter, ['frame.time_epoch']);
  const resignedAtMs = resignationMs(wire);
  expect(rows.length).toBeGreaterThan(0);
  const last = Number(rows.at(-1)?.['frame.time_epoch']) * 1000;
  expect(last).toBeLessThan(resignedAtMs + SETTLED_MS);
}

/** When a has given up both families, ms. */
function resignationMs(wire: Capture): number {
  const resignations = wire.adverts().filter(({ priority }) => priority === 0);
  expect(resignations.map(({ family }) => family)).toEqual([4, 6]);
  return Math.max(...resignations.map(({ atMs }) => atMs));
}

/** Who says to have an address, without having been asked: to everybody. */
function claims(wire: Capture, vip: string): readonly (SeenArp | SeenNeighbour)[] {
  return familyOf(vip) === 4
    ? wire.arpClaims(vip).filter(({ target }) => target === vip)
    : wire.neighbourClaims(vip).filter(({ destination }) => destination === 'ff02::1');
}

/** The client's pings of an address in a cable. */
async function pings(cable: Capture, vip: string, from: string): Promise<readonly SeenPing[]> {
  const [type, number, to] =
    familyOf(vip) === 4
      ? (['icmp.type == 8', 'icmp.seq', 'ip.dst'] as const)
      : (['icmpv6.type == 128', 'icmpv6.echo.sequence_number', 'ipv6.dst'] as const);
  const filter = `${type} && ${to} == ${vip} && eth.src == ${from}`;
  const rows = await dissect(cable.file, filter, ['frame.time_epoch', 'eth.dst', number]);
  return rows.map((row) => ({
    number: row[number],
    atMs: Number(row['frame.time_epoch']) * 1000,
    to: row['eth.dst'],
  }));
}

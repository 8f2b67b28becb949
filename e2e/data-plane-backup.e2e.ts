// What a backup does with packets that are meant for the master, and what a master answers. Once with the MACs of the
// hosts and once with the virtual one.
//
// A frame to the backup's own MAC is the backup's to route: where the host forwards packets, its kernel sends it on to
// the master, as it would any other. That is not accepting it (RFC 9568 §6.4.2); a frame to the virtual MAC is dropped.

import { describe, expect, test } from '@jest/globals';
import { virtualMac } from '@baton/lab';
import { onLan, type Bed, VIP } from './support/bed.js';
import {
  connects,
  countAnswers,
  fixNeighbour,
  forgetNeighbours,
  listen,
  neighbourMac,
  setFlooding,
  setForwarding,
  steer,
} from './support/client.js';
import type { Capture } from './support/capture.js';
import { dissect } from './support/dissection.js';
import { elect, story } from './support/journal.js';
import { DUAL_STACK, familyOf, masterMac, MODES, VIP6, VIPS, type Mode } from './support/modes.js';

/** Pings of each address in one question. */
const PINGS = 5;
const PORT = 8080;
/** What would be pings sent on, and answers, by tshark's names. */
const PINGED = 'icmp.type == 8 || icmpv6.type == 128';
const ANSWERED = 'icmp.type == 0 || icmpv6.type == 129 || arp.opcode == 2';

describe.each(MODES)('$name', (mode) => {
  test('the master answers once, and takes connections; its own address keeps its MAC [G02, G03, G07, H02]', () =>
    onLan(['a', 'b'], async (bed) => {
      await electOn(bed, mode);
      await setForwarding(bed.lan, 'a', 'on');
      bed.stopAtEnd(await listen(bed.lan, 'a', PORT));
      const wire = await bed.capture();
      const host = bed.lan.host('a');
      await forgetNeighbours(bed.lan);
      for (const address of [...VIPS, host.address, 'fd09::1']) {
        expect(await countAnswers(bed.lan, address)).toBe(1);
        const isVirtual = address === VIP || address === VIP6;
        const mac = isVirtual ? masterMac(mode, host, familyOf(address)) : host.mac;
        expect(await neighbourMac(bed.lan, address)).toBe(mac);
      }
      for (const vip of VIPS) expect(await connects(bed.lan, vip, PORT)).toBe(true);

      await wire.settle();
      const replies = wire.arpClaims(VIP).filter(({ target }) => target === bed.lan.client.address);
      expect(replies.map(({ senderMac }) => senderMac)).toEqual([masterMac(mode, host, 4)]);
      const answers = wire.neighbourClaims(VIP6).filter(({ isSolicited }) => isSolicited);
      const mac = masterMac(mode, host, 6);
      expect(answers).toMatchObject([{ source: VIP6, sourceMac: mac, targetMac: mac, isRouter: true }]);
    }));

  test('a backup neither resolves nor answers, nor sends back what is for the virtual MAC [E19, E20, E21, E22]', () =>
    onLan(['a', 'b'], async (bed) => {
      const sent = await bed.captureFrom('b', 'everything');
      const backup = await electOn(bed, mode);
      const { client } = bed.lan;
      const { mac } = bed.lan.host('b');

      await setFlooding(bed.lan, 'a', 'off');
      await forgetNeighbours(bed.lan);
      const alone = await ask(bed);
      expect([await neighbourMac(bed.lan, VIP), await neighbourMac(bed.lan, VIP6)]).toEqual([undefined, undefined]);
      await setFlooding(bed.lan, 'a', 'on');

      for (const vip of VIPS) await fixNeighbour(bed.lan, vip, mac);
      // Whom the master asks from a virtual address would answer the backup.
      for (const address of [client.address, 'fd09::10']) await fixNeighbour(bed.lan, address, client.mac, 'a');
      await setForwarding(bed.lan, 'b', 'off');
      const toHost = await ask(bed);
      await setForwarding(bed.lan, 'b', 'on');
      const toRouter = await ask(bed);

      for (const vip of VIPS) {
        await fixNeighbour(bed.lan, vip, virtualMac(familyOf(vip)));
        await steer(bed.lan, virtualMac(familyOf(vip)), 'b');
      }
      const toVirtualMac = await ask(bed);

      await sent.stop();
      const reactions = await reactionsIn(sent, client.mac);
      const master = VIPS.map((vip) => masterMac(mode, bed.lan.host('a'), familyOf(vip)));
      const forwarded = master.flatMap((to) => Array.from({ length: PINGS }, () => to));
      const silence = { answers: [0, 0], forwarded: [], answered: 0 };
      expect(reactions(alone)).toEqual(silence);
      expect(reactions(toHost)).toEqual(silence);
      expect(reactions(toRouter)).toEqual({ answers: [PINGS, PINGS], forwarded, answered: 0 });
      expect(reactions(toVirtualMac)).toEqual(silence);
      const fromVirtual = VIPS.map((vip) => `eth.src == ${virtualMac(familyOf(vip))}`).join(' || ');
      expect(await dissect(sent.file, `${fromVirtual} || vrrp || icmpv6.type == 134`, ['frame.protocols'])).toEqual([]);
      expect(story(backup)).toEqual(['initialize>backup startup']);
    }));

  test('with accept: false the master resolves, and answers neither pings nor connections [G06, H07]', () =>
    onLan(['a'], async (bed) => {
      const router = { addresses: DUAL_STACK, virtualMac: mode.virtualMac, router: { accept: false } };
      await elect(bed.baton('a', { priority: 200, ...router }));
      bed.stopAtEnd(await listen(bed.lan, 'a', PORT));
      await forgetNeighbours(bed.lan);
      for (const vip of VIPS) {
        expect(await countAnswers(bed.lan, vip)).toBe(0);
        expect(await connects(bed.lan, vip, PORT)).toBe(false);
        expect(await neighbourMac(bed.lan, vip)).toBe(masterMac(mode, bed.lan.host('a'), familyOf(vip)));
      }
      expect(await countAnswers(bed.lan, bed.lan.host('a').address)).toBe(1);
      expect(await connects(bed.lan, bed.lan.host('a').address, PORT)).toBe(true);
    }));
});

/** Starts a as master and b as its backup.
 *  @returns the backup */
async function electOn(bed: Bed, mode: Mode): Promise<ReturnType<Bed['baton']>> {
  // A later burst, also one for the lease of a master that might have died, would tell who asks in vain.
  const quiet = { announce: { delayed_count: 0 }, lease: '0s' };
  const router = { addresses: DUAL_STACK, virtualMac: mode.virtualMac, router: quiet };
  const backup = bed.baton('b', { priority: 100, ...router });
  await elect(bed.baton('a', { priority: 200, ...router }), backup);
  return backup;
}

/** A question to both addresses: how many answers each gave, and when it was asked. */
interface Question {
  readonly answers: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Pings both addresses. */
async function ask(bed: Bed): Promise<Question> {
  const fromMs = Date.now();
  const answers = await Promise.all(VIPS.map((vip) => countAnswers(bed.lan, vip, PINGS)));
  return { answers, fromMs, toMs: Date.now() };
}

/** What a host did while it was asked. */
interface Reaction {
  readonly answers: readonly number[];
  /** Where it sent the pings on to, sorted. */
  readonly forwarded: readonly string[];
  /** How often it answered itself. */
  readonly answered: number;
}

/** Reads what a host sent: pings that it forwarded, and its own answers to the client. */
async function reactionsIn(sent: Capture, clientMac: string): Promise<(question: Question) => Reaction> {
  const fields = ['frame.time_epoch', 'eth.dst', 'icmp.type', 'icmpv6.type'] as const;
  const all = await dissect(sent.file, `${PINGED} || ${ANSWERED}`, fields);
  return ({ answers, fromMs, toMs }) => {
    const rows = all
      .filter((row) => Number(row['frame.time_epoch']) * 1000 >= fromMs)
      .filter((row) => Number(row['frame.time_epoch']) * 1000 <= toMs);
    const toClient = rows.filter((row) => row['eth.dst'] === clientMac);
    // A redirect quotes the ping.
    const answered = toClient.filter((row) => !/^(?:5|137)/u.test(row['icmp.type'] + row['icmpv6.type']));
    const forwarded = rows.filter((row) => !toClient.includes(row)).map((row) => row['eth.dst']);
    return { answers, forwarded: forwarded.sort(), answered: answered.length };
  };
}

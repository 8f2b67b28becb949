// The control channel between two nodes as an operator sees it: who is connected, what each says of itself, and that
// strangers, wrong keys and cut cables disturb nothing but the channel.

import { describe, expect, test } from '@jest/globals';
import { run, waitFor, type BatonNode } from '@baton/lab';
import { onLan, VIP } from './support/bed.js';
import { connectedPair, isConnected, KEY, waitForConnection, waitForReport } from './support/channel.js';
import { elect, story } from './support/journal.js';

/** From the start of the second daemon to a connection with a round trip. */
const CONNECTED_MS = 2_000;
/** Silence until a peer is lost, the longest wait between two attempts, and a status command. */
const RECONNECTED_MS = 5_000;

async function alarmsOf(node: BatonNode): Promise<readonly string[]> {
  return ((await node.status())?.alarms ?? []).map(({ name }) => name);
}

describe('two nodes with one key', () => {
  test('are connected with a round trip within 2 s, and each shows what the other says of itself', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = connectedPair(bed);
      await elect(a, b);
      await waitForConnection([a, b], CONNECTED_MS);
      await waitForReport(b, 'master', CONNECTED_MS);
      const status = await b.status();
      expect(status?.peers).toMatchObject([{ node: 'a', connected: true, drift: [] }]);
      expect(status?.control_channel).toMatchObject({ authentication: 'pre-shared-key', refused: {} });
      expect((await a.command('status')).stdout).toMatch(/^ +b \S+ +backup +100 .*\n(.*\n)*PEER b {2}connected, /mu);
    }));

  test('lose each other when the cable is cut, and are connected again within 5 s after it is healed', () =>
    onLan(['a', 'b'], async (bed) => {
      const both = connectedPair(bed);
      await elect(...both);
      await waitForConnection(both, CONNECTED_MS);
      await bed.lan.cut('a');
      for (const node of both) {
        await waitFor(`${node.host.name} to be alone`, RECONNECTED_MS, async () => !(await isConnected(node)));
      }
      await bed.lan.heal('a');
      await waitForConnection(both, RECONNECTED_MS);
      const events = (await both[1].events()).map(({ event, reason }) => [event, reason]);
      expect(events).toContainEqual(['peer-lost', 'silent']);
    }));

  test('are not disturbed by garbage on the port, which is counted and an alarm', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = connectedPair(bed);
      await elect(a, b);
      await waitForConnection([a, b], CONNECTED_MS);
      const before = [story(a), story(b)];
      const { client } = bed.lan;
      const shout = `for i in 1 2 3; do echo "GET / HTTP/1.0" > /dev/tcp/${b.host.address}/8512; done`;
      await run(['ip', 'netns', 'exec', client.namespace, 'bash', '-c', shout]);
      await waitFor('the alarm', CONNECTED_MS, async () => (await alarmsOf(b)).includes('peer-refused'));
      expect((await b.status())?.control_channel?.refused).toEqual({ 'handshake-failed': 3 });
      expect(await isConnected(a)).toBe(true);
      expect([story(a), story(b)]).toEqual(before);
      const lost = (await b.events()).filter(({ event }) => event === 'peer-lost');
      expect(lost).toEqual([]);
    }));
});

describe('two nodes with different keys', () => {
  test('refuse each other with an alarm within 5 s, and elect by VRRP alone', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = connectedPair(bed, {}, [KEY, 'c3'.repeat(32)]);
      await elect(a, b);
      for (const node of [a, b]) {
        await waitFor(`the alarm of ${node.host.name}`, RECONNECTED_MS, async () =>
          (await alarmsOf(node)).includes('peer-refused'));
        expect((await node.status())?.peers).toMatchObject([{ connected: false, round_trip_ms: null }]);
      }
      expect(await bed.lan.holders(VIP)).toEqual(['a']);
    }));
});

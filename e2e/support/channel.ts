// Two nodes that a control channel connects: their key, and when they have found each other.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, waitFor, type BatonNode, type BatonOptions } from '@baton/lab';
import type { Bed } from './bed.js';

const KEY_FILE = 'peer.key';
const CHANNEL = { control_channel: { pre_shared_key_file: KEY_FILE } };
/** The key of both, unless a test wants two. */
export const KEY = '5a'.repeat(32);

/** Nodes a and b, not started, with priorities 200 and 100 unless said otherwise. */
export function connectedPair(
  bed: Bed, options: Partial<BatonOptions> = {}, keys: readonly [string, string] = [KEY, KEY],
): readonly [BatonNode, BatonNode] {
  const [a, b] = ([['a', 200], ['b', 100]] as const).map(([name, priority], index) => {
    const node = bed.baton(name, { priority, ...options, file: { ...CHANNEL, ...options.file } });
    mkdirSync(node.directory, { recursive: true });
    writeFileSync(join(node.directory, KEY_FILE), `${keys[index] ?? ''}\n`, { mode: 0o600 });
    return node;
  });
  if (a === undefined || b === undefined) throw new Error('two nodes were made');
  return [a, b];
}

/** Joins a and b by a cable of their own, and lets their control channel go by it: what befalls the LAN leaves it
 *  alone. To be called before they are started. */
export async function useSecondCable(nodes: readonly [BatonNode, BatonNode]): Promise<void> {
  const [a, b] = nodes.map(({ host }) => host.namespace);
  if (a === undefined || b === undefined) throw new Error('two nodes were given');
  await run(['ip', '-n', a, 'link', 'add', 'ctl0', 'type', 'veth', 'peer', 'name', 'ctl0', 'netns', b]);
  for (const [index, namespace] of [a, b].entries()) {
    await run(['ip', '-n', namespace, 'address', 'add', `10.8.0.${String(index + 1)}/24`, 'dev', 'ctl0']);
    await run(['ip', '-n', namespace, 'link', 'set', 'ctl0', 'up']);
  }
  const names = ['a', 'b'] as const;
  for (const [index, node] of nodes.entries()) {
    const other = 1 - index;
    node.configure({
      file: {
        peers: { [names[other] ?? '']: `10.8.0.${String(other + 1)}` },
        control_channel: { listen: `10.8.0.${String(index + 1)}:8512`, pre_shared_key_file: KEY_FILE },
      },
    });
  }
}

/** Whether a node has a connection with a known round trip to its first peer. */
export async function isConnected(node: BatonNode): Promise<boolean> {
  const [peer] = (await node.status())?.peers ?? [];
  return peer?.connected === true && peer.round_trip_ms !== null;
}

/** Waits until every node is connected. */
export async function waitForConnection(nodes: readonly BatonNode[], deadlineMs: number): Promise<void> {
  for (const node of nodes) await waitFor(`${node.host.name} to be connected`, deadlineMs, () => isConnected(node));
}

/** Waits until a node knows that the other one is in this state. */
export async function waitForReport(node: BatonNode, state: string, deadlineMs: number): Promise<void> {
  await waitFor(`${node.host.name} to know that its peer is ${state}`, deadlineMs, async () =>
    (await node.router())?.peers[0]?.reported?.state === state);
}

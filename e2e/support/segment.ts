// A second LAN between the nodes of the first: another switch, and an eth1 on each node.

import { LAN_PREFIX_LENGTH, run, type Lan } from '@baton/lab';

const SWITCH = 'br1';

/** Another switch with its cables. It goes with the LAN. */
export class Segment {
  readonly interface = 'eth1';
  readonly #lan: Lan;

  private constructor(lan: Lan) {
    this.#lan = lan;
  }

  /** Connects every node: the first gets 10.8.0.1, the next 10.8.0.2. */
  static async create(lan: Lan): Promise<Segment> {
    const ip = async (namespace: string, ...words: string[]): Promise<string> => run(['ip', '-n', namespace, ...words]);
    const sw = lan.switchNamespace;
    await ip(sw, 'link', 'add', SWITCH, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    await ip(sw, 'link', 'set', SWITCH, 'up');
    for (const [index, { name, namespace }] of lan.nodes.entries()) {
      const port = portOf(name);
      await ip(sw, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', namespace);
      await ip(sw, 'link', 'set', port, 'master', SWITCH, 'up');
      const prefix = `10.8.0.${String(index + 1)}/${String(LAN_PREFIX_LENGTH)}`;
      await ip(namespace, 'address', 'add', prefix, 'dev', 'eth1');
      await ip(namespace, 'link', 'set', 'eth1', 'up');
    }
    return new Segment(lan);
  }

  /** Pulls or plugs the cable of a node at this switch. */
  async setCable(name: string, state: 'up' | 'down'): Promise<void> {
    await run(['ip', '-n', this.#lan.switchNamespace, 'link', 'set', portOf(name), state]);
  }
}

function portOf(name: string): string {
  return `q-${name}`;
}

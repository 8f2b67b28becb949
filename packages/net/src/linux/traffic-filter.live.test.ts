// The filter of packets to virtual addresses in a real kernel. Run through packages/lab/bin/in-lab.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import {
  PORT, UPLINK, UPLINK_MAC, addHost, answersPing, createLan, inside, removeLan, type LanHost,
} from './bridged-lan.fixture.js';
import {
  encodeArpRequest, encodeNeighbourSolicitation, readArp, readNeighbourAdvertisements,
} from './probe-frames.fixture.js';
import { openTrafficFilter } from './traffic-filter.js';
import { ip, openTap, readText, until } from './veth-pair.fixture.js';

const VIP = '10.97.0.100';
const VIP6 = 'fd97::100';
const OK = { ok: true };

describe('TrafficFilter', () => {
  const filter = openTrafficFilter();
  let client: LanHost;
  let beyond: LanHost;

  beforeAll(() => {
    createLan();
    client = addHost(2);
    beyond = addHost(3);
    ip('address', 'add', `${VIP}/24`, 'dev', UPLINK);
    ip('address', 'add', `${VIP6}/64`, 'dev', UPLINK, 'nodad');
  });
  afterEach(() => {
    expect(filter.refuse([])).toEqual(OK);
  });
  afterAll(() => {
    filter.close();
    removeLan([client, beyond]);
  });

  test('drops packets to the addresses and to no other address of the host [G06]', () => {
    expect(answersPing(client, VIP)).toBe(true);
    expect(answersPing(client, VIP6)).toBe(true);
    expect(filter.refuse([VIP, VIP6])).toEqual(OK);
    expect(answersPing(client, VIP)).toBe(false);
    expect(answersPing(client, VIP6)).toBe(false);
    expect(answersPing(client, '10.97.0.1')).toBe(true);
    expect(answersPing(client, 'fd97::1')).toBe(true);
  });

  test('TCP connects to an address that is accepted, and not to one that is refused [G06] [G07]', async () => {
    const server = createServer((socket) => socket.end()).listen(8097, '0.0.0.0');
    await once(server, 'listening');
    const connects = async (): Promise<number | null> => {
      const command = `require('node:net').connect(8097, '${VIP}').on('connect', () => process.exit(0));`
        + 'setTimeout(() => process.exit(1), 700)';
      const child = spawn('ip', ['netns', 'exec', client.namespace, process.execPath, '-e', command]);
      const [code] = await once(child, 'close') as [number | null];
      return code;
    };
    expect(await connects()).toBe(0);
    filter.refuse([VIP]);
    expect(await connects()).toBe(1);
    server.close();
  });

  test('lets ARP and neighbour discovery through, also when it asks the address itself [H07]', async () => {
    filter.refuse([VIP, VIP6]);
    const wire = openTap(PORT);
    wire.inject(encodeArpRequest(client.mac, client.address, VIP));
    wire.inject(encodeNeighbourSolicitation(client.mac, 'fd97::2', VIP6));
    wire.inject(encodeNeighbourSolicitation(client.mac, 'fd97::2', VIP6, { mac: UPLINK_MAC, address: VIP6 }));
    const seen: Uint8Array[] = [];
    await until('an answer to each', () => {
      seen.push(...wire.frames());
      return readArp(seen).some(({ operation, sender }) => operation === 'reply' && sender === VIP)
        && readNeighbourAdvertisements(seen).filter(({ target }) => target === VIP6).length === 2;
    });
    wire.close();
  });

  test('leaves alone what is forwarded, and what the host says to itself', () => {
    // The VIP of another router behind this one: packets to it pass here, but are not for this host.
    inside(beyond, 'ip', 'address', 'add', '198.51.100.100/32', 'dev', 'lo');
    ip('route', 'add', '198.51.100.100', 'via', beyond.address);
    inside(client, 'ip', 'route', 'add', '198.51.100.100', 'via', '10.97.0.1');
    filter.refuse([VIP, '198.51.100.100']);
    expect(answersPing(client, '198.51.100.100')).toBe(true);
    expect(readText('ping', '-n', '-c', '1', '-W', '1', VIP)).toContain('1 received');
    ip('route', 'delete', '198.51.100.100');
  });

  test('is replaced at once: no packet slips through while it is replaced again and again', async () => {
    filter.refuse([VIP]);
    const words = ['netns', 'exec', client.namespace, 'ping', '-n', '-i', '0.002', '-c', '300', '-W', '1', VIP];
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let ended = false;
    child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    child.on('close', () => { ended = true; });
    let replaced = 0;
    await until('the last packet', () => {
      expect(filter.refuse(replaced % 2 === 0 ? [VIP, '10.97.0.101', VIP6] : [VIP])).toEqual(OK);
      replaced += 1;
      return ended;
    });
    expect(said).toContain('300 packets transmitted, 0 received');
    expect(replaced).toBeGreaterThan(100);
  });

  test('removes everything with the empty set, also when there was nothing', () => {
    filter.refuse([VIP]);
    expect(readText('nft', 'list', 'tables')).toBe('table inet baton\n');
    expect(filter.refuse([])).toEqual(OK);
    expect(readText('nft', 'list', 'tables')).toBe('');
    expect(filter.refuse([])).toEqual(OK);
  });

  test('keeps to its table: the host\'s own and those of other daemons stay', () => {
    const other = openTrafficFilter('baton_two');
    readText('nft', 'add table inet host');
    filter.refuse([VIP]);
    other.refuse([VIP6]);
    filter.refuse([]);
    expect(readText('nft', 'list', 'tables')).toBe('table inet host\ntable inet baton_two\n');
    expect(answersPing(client, VIP6)).toBe(false);
    other.refuse([]);
    other.close();
    readText('nft', 'delete table inet host');
  });

  test('outlives its process, and the next one replaces it', () => {
    const dead = openTrafficFilter();
    dead.refuse([VIP]);
    dead.close();
    expect(answersPing(client, VIP)).toBe(false);
    filter.refuse([VIP6]);
    expect(answersPing(client, VIP)).toBe(true);
  });

  test('holds 5,000 addresses', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `10.98.${String(index >> 8)}.${String(index & 255)}`);
    expect(filter.refuse([...many, VIP])).toEqual(OK);
    expect(answersPing(client, VIP)).toBe(false);
    expect(readText('nft', 'list', 'table', 'inet', 'baton').match(/10\.98\.\d+\.\d+/g)).toHaveLength(5000);
  });

  test('without CAP_NET_ADMIN: EPERM, and nothing changes', () => {
    filter.refuse([VIP]);
    const program = `import(${JSON.stringify(join(process.cwd(), 'packages/net/dist/linux/index.js'))}).then((net) =>
      console.log(JSON.stringify(net.openTrafficFilter().refuse([]))))`;
    const child = spawnSync('setpriv', ['--bounding-set', '-net_admin', process.execPath, '-e', program]);
    expect(child.stdout.toString()).toBe('{"ok":false,"errno":"EPERM"}\n');
    expect(answersPing(client, VIP)).toBe(false);
  });
});

// What the client of a LAN does and knows, by its kernel's own means: it asks addresses with ping, and has a table of
// its neighbours. And where the switch sends frames. Judges nothing.

import { insideNamespace, LabProcess, run, runToEnd, waitFor, type Lan } from '@baton/lab';

/** How long one ping may take to be answered, s. */
const PING_PATIENCE_S = 0.5;
/** How often a continuing ping asks, ms. */
const PING_PERIOD_MS = 5;

/** Sends so many pings 20 ms apart, from the client unless said otherwise, and returns how many were answered. */
export async function countAnswers(lan: Lan, address: string, count = 1, name = 'client'): Promise<number> {
  const options = ['-n', '-q', '-c', String(count), '-i', '0.02', '-W', String(PING_PATIENCE_S)];
  const { stdout } = await runToEnd(insideNamespace(lan.host(name).namespace, ['ping', ...options, address]));
  return Number(/(\d+) received/u.exec(stdout)?.[1]);
}

/** Pings an address every 5 ms from now on, answered or not. */
export async function keepAsking(lan: Lan, address: string): Promise<LabProcess> {
  const options = ['-n', '-i', String(PING_PERIOD_MS / 1000), '-W', String(PING_PATIENCE_S)];
  const asking = new LabProcess(lan.client.namespace, ['ping', ...options, address]);
  await waitFor(`an answer of ${address}`, 2_000, () => /bytes from/u.test(asking.log));
  return asking;
}

/** Whether a TCP connection from the client to a port of the address comes about. */
export async function connects(lan: Lan, address: string, port: number): Promise<boolean> {
  const program = `require('node:net').connect(${String(port)}, '${address}', () => process.exit(0))
    .setTimeout(500, () => process.exit(1)).on('error', () => process.exit(1))`;
  const { code } = await runToEnd(insideNamespace(lan.client.namespace, [process.execPath, '-e', program]));
  return code === 0;
}

/** The MAC that a host of the LAN has in its table for an address, the client unless said otherwise; undefined when it
 *  has none. */
export async function neighbourMac(lan: Lan, address: string, name = 'client'): Promise<string | undefined> {
  const text = await run(['ip', '-n', lan.host(name).namespace, 'neigh', 'show', 'to', address, 'dev', 'eth0']);
  return / lladdr (\S+)/u.exec(text)?.[1];
}

/** Makes a host, the client unless said otherwise, send what is for an address to this MAC, whatever it hears. */
export async function fixNeighbour(lan: Lan, address: string, mac: string, name = 'client'): Promise<void> {
  const entry = [address, 'lladdr', mac, 'nud', 'permanent', 'dev', 'eth0'];
  await run(['ip', '-n', lan.host(name).namespace, 'neigh', 'replace', ...entry]);
}

/** Makes the client forget every neighbour. */
export async function forgetNeighbours(lan: Lan): Promise<void> {
  await run(['ip', '-n', lan.client.namespace, 'neigh', 'flush', 'dev', 'eth0', 'nud', 'all']);
}

/** The node to which the switch sends frames for this MAC, as it has learned or been told; undefined when it does not
 *  know, and sends them everywhere. */
export async function whereIs(lan: Lan, mac: string): Promise<string | undefined> {
  const table = await run(['bridge', '-n', lan.switchNamespace, 'fdb', 'show', 'br', 'br0']);
  const port = new RegExp(`^${mac} dev (\\S+) (?!.*permanent)`, 'mu').exec(table)?.[1];
  return lan.nodes.find((node) => node.port === port)?.name;
}

/** Makes the switch send frames for this MAC to one node, wherever else they are seen to come from. */
export async function steer(lan: Lan, mac: string, name: string): Promise<void> {
  const entry = [mac, 'dev', lan.host(name).port, 'master', 'static', 'sticky'];
  await run(['bridge', '-n', lan.switchNamespace, 'fdb', 'replace', ...entry]);
}

/** Whether the kernel of a node listens to the solicited-node group of an IPv6 address, on any interface.
 *  @param address whose last three bytes are written out, as in `fd09::ab:cdef`, or that ends in `::N` */
export async function listensToSolicitations(lan: Lan, name: string, address: string): Promise<boolean> {
  const groups = address.split(':');
  const low = [groups.at(-2) ?? '', groups.at(-1) ?? ''].map((group) => group.padStart(4, '0')).join('');
  const text = await run(insideNamespace(lan.host(name).namespace, ['cat', '/proc/net/igmp6']));
  return text.includes(` ff0200000000000000000001ff${low.slice(2)} `);
}

/** Lets the kernel of a node forward packets of both families, or not. */
export async function setForwarding(lan: Lan, name: string, forwarding: 'on' | 'off'): Promise<void> {
  const value = forwarding === 'on' ? '1' : '0';
  const settings = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'].map((key) => `${key}=${value}`);
  await run(insideNamespace(lan.host(name).namespace, ['sysctl', '-q', '-w', ...settings]));
}

/** Lets what goes to everybody, or to nobody that the switch knows, reach a node or not; what it sends is passed on. */
export async function setFlooding(lan: Lan, name: string, flooding: 'on' | 'off'): Promise<void> {
  const flags = ['flood', 'mcast_flood', 'bcast_flood'].flatMap((flag) => [flag, flooding]);
  await run(['bridge', '-n', lan.switchNamespace, 'link', 'set', 'dev', lan.host(name).port, ...flags]);
}

/** Opens a TCP port on every address of a node. */
export async function listen(lan: Lan, name: string, port: number): Promise<LabProcess> {
  const program = `require('node:net').createServer((socket) => socket.end())
    .listen(${String(port)}, '::', () => console.log('listening'))`;
  const server = new LabProcess(lan.host(name).namespace, [process.execPath, '-e', program]);
  await waitFor(`a server on ${name}`, 5_000, () => server.log.includes('listening'));
  return server;
}

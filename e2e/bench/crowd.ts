// What many virtual routers on one interface cost: processor time of the process that runs them, as master and as
// backup, beside keepalived in the same run. Decides how such a pair is configured and read.

import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BatonNode, LAB_DIRECTORY, LabProcess, Lan, letPass, monotonicMs, run, waitFor, type LabHost, type YamlValue,
} from '@baton/lab';

import type { Contender } from './contenders.js';

/** A number of routers with one address each, at one interval. */
export interface Crowd {
  readonly routers: number;
  readonly intervalMs: number;
}

/** Processor time over the whole of a measurement, in percent of one core. */
export interface CrowdCost {
  readonly master: number;
  readonly backup: number;
}

const PRIORITIES = { a: 200, b: 100 } as const;
const DEADLINE_MS = 60_000;
/** How long a pair has been quiet when the measurement begins: announcements are repeated after 5 s, ms. */
const QUIET_MS = 8_000;
/** Ticks of /proc/PID/stat in a second (USER_HZ of every Linux that Node runs on). */
const TICKS_PER_SECOND = 100;

/** Something that runs the crowd on one host. */
interface Runner {
  start(): Promise<void>;
  kill(): Promise<void>;
  /** The process that speaks VRRP. */
  pid(): Promise<number>;
}

/** Runs a crowd on two nodes and reads what it costs over `durationMs`. */
export async function measureCrowd(contender: Contender, crowd: Crowd, durationMs: number): Promise<CrowdCost> {
  const lan = await Lan.create(['a', 'b']);
  const [a, b] = (['a', 'b'] as const).map((name) => makeRunner(contender, lan.host(name), crowd, PRIORITIES[name]));
  if (a === undefined || b === undefined) throw new RangeError('a pair has two nodes');
  try {
    await a.start();
    const { routers } = crowd;
    await waitFor('a to hold every address', DEADLINE_MS, async () => (await countHeld(lan.host('a'))) === routers);
    await b.start();
    await letPass(QUIET_MS);
    const pids = [await a.pid(), await b.pid()];
    const before = pids.map(cpuMs);
    const from = monotonicMs();
    await letPass(durationMs);
    const after = pids.map(cpuMs);
    const tookMs = monotonicMs() - from;
    if ((await countHeld(lan.host('a'))) !== routers || (await countHeld(lan.host('b'))) !== 0) {
      throw new RangeError(`${contender}: the routers did not stay where they were`);
    }
    const [master = NaN, backup = NaN] = after.map((ms, index) => ((ms - (before[index] ?? NaN)) / tookMs) * 100);
    return { master, backup };
  } finally {
    await Promise.all([a.kill(), b.kill()]);
    await lan.close();
  }
}

function makeRunner(contender: Contender, host: LabHost, crowd: Crowd, priority: number): Runner {
  return contender === 'baton' ? batonRunner(host, crowd, priority) : keepalivedRunner(host, crowd, priority);
}

function batonRunner(host: LabHost, crowd: Crowd, priority: number): Runner {
  const advertInterval = `${String(crowd.intervalMs)}ms`;
  const routers = vridsOf(crowd).map((vrid): [string, YamlValue] => [
    `router${String(vrid)}`,
    { interface: host.interface, vrid, priority, advert_interval: advertInterval, addresses: [addressOf(vrid)] },
  ]);
  const file = { virtual_routers: Object.fromEntries(routers) };
  const node = new BatonNode(host, { priority, addresses: [], file });
  return {
    start: () => node.start(),
    kill: () => node.kill(),
    pid: () => waitFor('the status', DEADLINE_MS, async () => (await node.status())?.engine.pid),
  };
}

function keepalivedRunner(host: LabHost, crowd: Crowd, priority: number): Runner {
  const directory = join(LAB_DIRECTORY, host.namespace, 'keepalived');
  const file = join(directory, 'keepalived.conf');
  const instances = vridsOf(crowd).map((vrid) => `vrrp_instance router${String(vrid)} {
  state BACKUP
  interface ${host.interface}
  virtual_router_id ${String(vrid)}
  priority ${String(priority)}
  advert_int ${String(crowd.intervalMs / 1000)}
  virtual_ipaddress {
    ${addressOf(vrid)}
  }
}`);
  let daemon: LabProcess | undefined;
  return {
    start: async () => {
      await mkdir(directory, { recursive: true });
      await writeFile(file, `global_defs {\n  vrrp_version 3\n}\n${instances.join('\n')}\n`);
      const pids = ['-p', join(directory, 'pid'), '-r', join(directory, 'vrrp.pid')];
      daemon = new LabProcess(host.namespace, ['keepalived', '-P', '-n', '-l', '-f', file, ...pids]);
    },
    kill: async () => daemon?.killFamily(),
    // Its parent does nothing.
    pid: () => waitFor('its VRRP process', DEADLINE_MS, () => daemon?.family.at(0)),
  };
}

function vridsOf({ routers }: Crowd): readonly number[] {
  return Array.from({ length: routers }, (_, index) => index + 1);
}

function addressOf(vrid: number): string {
  return `10.20.0.${String(vrid)}/32`;
}

/** How many addresses of a crowd the kernel of a host holds. */
async function countHeld({ namespace }: LabHost): Promise<number> {
  const text = await run(['ip', '-n', namespace, '-4', '-o', 'address', 'show', 'to', '10.20.0.0/24']);
  return text.split('\n').length - 1;
}

/** Processor time that a process has used, ms (proc(5), fields 14 and 15 of stat). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/^.*\) /u, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
}

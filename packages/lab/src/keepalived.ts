// Real keepalived as a node of the lab: the peer of interoperation tests and the yardstick of the benchmark.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LAB_DIRECTORY, type LabHost } from './namespaces.js';
import type { LabNode } from './node.js';
import { LabProcess, residentBytes } from './processes.js';
import {
  familiesOf, intervalOf, LAB_VRID, unicastAddress, type FamilyAddresses, type RouterOptions,
} from './router-options.js';

/** How keepalived is configured for one virtual router: one vrrp_instance for each family, two of them in a
 *  sync group. */
export interface KeepalivedOptions extends RouterOptions {
  /** Start in state MASTER instead of BACKUP; default false. */
  readonly initialMaster?: boolean;
  /** Further lines of each vrrp_instance block. */
  readonly extraLines?: readonly string[];
}

/** keepalived on one host of the LAN. */
export class KeepalivedNode implements LabNode {
  readonly host: LabHost;
  #options: KeepalivedOptions;
  #process: LabProcess | undefined;

  constructor(host: LabHost, options: KeepalivedOptions) {
    this.host = host;
    this.#options = options;
  }

  get log(): string {
    return this.#process?.log ?? '';
  }

  get pids(): readonly number[] {
    return this.#process?.family ?? [];
  }

  /** Resident memory of all its processes. */
  get residentBytes(): number {
    return this.pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  }

  /** Changes the configuration of the next start. */
  configure(change: Partial<KeepalivedOptions>): void {
    this.#options = { ...this.#options, ...change };
  }

  async start(): Promise<void> {
    const directory = join(LAB_DIRECTORY, this.host.namespace, 'keepalived');
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'keepalived.conf');
    await writeFile(file, keepalivedConfiguration(this.host, this.#options));
    this.#process = new LabProcess(this.host.namespace, [
      ...this.#options.launcher ?? [], 'keepalived', '-P', '-n', '-l', '-D', '-G', '-f', file,
      '-p', join(directory, 'pid'), '-r', join(directory, 'vrrp.pid'),
    ]);
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#process?.killFamily();
  }
}

/** The configuration file for one virtual router; `advert_int` is in seconds there. */
export function keepalivedConfiguration(host: LabHost, options: KeepalivedOptions): string {
  const families = familiesOf(options);
  const names = families.map(({ family }) => instanceName(family));
  const group = families.length > 1 ? block('vrrp_sync_group pair', block('group', names)) : [];
  const lines = [
    ...block('global_defs', [`router_id ${host.name}`, `vrrp_version ${String(options.version ?? 3)}`]),
    ...group,
    ...families.flatMap((part) => instance(host, options, part)),
  ];
  return `${lines.join('\n')}\n`;
}

function instanceName(family: 4 | 6): string {
  return family === 4 ? 'vip' : 'vip6';
}

function instance(host: LabHost, options: KeepalivedOptions, { family, addresses }: FamilyAddresses): string[] {
  return block(`vrrp_instance ${instanceName(family)}`, [
    `state ${options.initialMaster === true ? 'MASTER' : 'BACKUP'}`,
    `interface ${host.interface}`,
    `virtual_router_id ${String(options.vrid ?? LAB_VRID)}`,
    `priority ${String(options.priority)}`,
    `advert_int ${String(intervalOf(options) / 1000)}`,
    ...(options.preempt === false ? ['nopreempt'] : []),
    ...(options.virtualMac === true ? ['use_vmac'] : []),
    ...(options.password === undefined ? [] :
      block('authentication', ['auth_type PASS', `auth_pass ${options.password}`])),
    ...(options.unicast === true ? unicastLines(host, options, family) : []),
    ...(options.extraLines ?? []),
    ...block('virtual_ipaddress', addresses),
  ]);
}

function unicastLines(host: LabHost, { peers = [] }: KeepalivedOptions, family: 4 | 6): string[] {
  const addresses = peers.map((peer) => unicastAddress(peer, family));
  return [`unicast_src_ip ${unicastAddress(host, family)}`, 'check_unicast_src', ...block('unicast_peer', addresses)];
}

function block(title: string, inner: readonly string[]): string[] {
  return [`${title} {`, ...inner.map((line) => `  ${line}`), '}'];
}

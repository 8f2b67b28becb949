// Real keepalived as a node of the lab: the peer of interoperation tests and the yardstick of the benchmark.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LAB_DIRECTORY, type LabHost } from './namespaces.js';
import { LAB_VRID, type LabNode } from './node.js';
import { LabProcess, residentBytes } from './processes.js';

/** How keepalived is configured for one virtual router. */
export interface KeepalivedOptions {
  /** 1–255; 255 is the owner. */
  readonly priority: number;
  readonly vrid?: number;
  /** Advertisement interval in milliseconds, a multiple of 10; default 1000. */
  readonly advertIntervalMs?: number;
  /** `address/length`, in this order on the wire. */
  readonly addresses: readonly string[];
  /** Start in state MASTER instead of BACKUP; default false. */
  readonly initialMaster?: boolean;
  /** Default true. */
  readonly preempt?: boolean;
  /** Further lines of the vrrp_instance block. */
  readonly extraLines?: readonly string[];
}

/** keepalived on one host of the LAN. */
export class KeepalivedNode implements LabNode {
  readonly host: LabHost;
  readonly #options: KeepalivedOptions;
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

  async start(): Promise<void> {
    const directory = join(LAB_DIRECTORY, this.host.namespace, 'keepalived');
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'keepalived.conf');
    await writeFile(file, keepalivedConfiguration(this.host, this.#options));
    this.#process = new LabProcess(this.host.namespace, [
      'keepalived', '-P', '-n', '-l', '-D', '-G', '-f', file,
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
  const further = [...(options.preempt === false ? ['nopreempt'] : []), ...(options.extraLines ?? [])];
  return `global_defs {
  router_id ${host.name}
  vrrp_version 3
}
vrrp_instance vip {
  state ${options.initialMaster === true ? 'MASTER' : 'BACKUP'}
  interface ${host.interface}
  virtual_router_id ${String(options.vrid ?? LAB_VRID)}
  priority ${String(options.priority)}
  advert_int ${String((options.advertIntervalMs ?? 1000) / 1000)}
${further.map((line) => `  ${line}\n`).join('')}\
  virtual_ipaddress {
${options.addresses.map((address) => `    ${address}\n`).join('')}  }
}
`;
}

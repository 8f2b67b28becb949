// The engine process, root of the service: holds the runtime lock, hosts the Engine on Linux, supervises the agent,
// obeys signals.
//
//   baton run ── this process ── fork ─> agent (configuration, hooks, status)
//                    └─ fork ─> observer (libpcap), only when configured
//
// It reads no configuration: the agent sends it. It waits for nobody: adverts go on while the agent is dead.

import { BatonError, describeError, EXIT, isBatonError } from '@baton/base';
import { virtualMac, type NetErrorCode } from '@baton/net';
import {
  lockFile, lockName, makeDirectories, notifyService, useRealTimeScheduling, type FileLock,
} from '@baton/linux';
import { missingCapabilities, startObserver, type Evidence, type Observer } from '@baton/net/linux';
import { heldAddresses } from '@baton/vrrp';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Engine } from './engine.js';
import { HeardSenders } from './heard-senders.js';
import { answerSnapshot, tellLinkReadFailure } from './kernel-trouble.js';
import { openLinuxPorts } from './linux-ports.js';
import type { AgentMessage, EngineMessage } from './messages.js';
import type { EnginePorts } from './ports.js';
import { rehearsePromotion } from './rehearsal.js';
import { ReloadGate } from './reload-gate.js';
import { RouterLocks } from './router-locks.js';
import { AgentSupervisor, type AgentExit } from './supervisor.js';

/** What `baton run` hands to the engine. */
export interface EngineOptions {
  /** Path of the agent's main module. */
  readonly agentProgram: string;
  readonly agentArguments: readonly string[];
  /** Path of the observer's main module. */
  readonly observerProgram: string;
}

/** How long the agent may take for its last hooks before the engine ends without it, ms. */
export const STOP_PATIENCE_MS = 12_000;
/** Priority within SCHED_RR, 1–99: above ordinary work, below the kernel's own threads. */
export const REAL_TIME_PRIORITY = 10;
/** How often an agent may die before it has sent its first configuration. */
export const MAX_FAILED_STARTS = 3;

type HeldLock = Extract<FileLock, { ok: true }>;
type ConfigureMessage = Extract<AgentMessage, { type: 'configure' }>;

/** Runs the engine in this process until it is told to stop; ends the process with an exit code. */
export function runEngine(options: EngineOptions): void {
  // The optimizing compiler costs 3.5 MB and gains this process nothing (docs/decisions/0015-bundled-programs.md).
  setFlagsFromString('--no-opt');
  new EngineProcess(options).start();
}

class EngineProcess {
  readonly #supervisor: AgentSupervisor;
  readonly #scheduling: string;
  #engine: Engine | undefined;
  #ports: EnginePorts | undefined;
  #driver = '';
  #lock: HeldLock | undefined;
  readonly #routerLocks = new RouterLocks(lockName, (lock, holder) => {
    const { pid = 0, uid = 0 } = holder ?? {};
    this.#engine?.notices.sayLimited('warn', 'router-lock-contested', lock, { lock, pid, user_id: uid });
  });
  readonly #observerProgram: string;
  #observer: Observer | undefined;
  readonly #senders = new HeardSenders();
  readonly #reloadGate = new ReloadGate(() => {
    this.#supervisor.signal('SIGHUP');
  });
  /** MACs that announcements of our addresses may come from, whoever of us and our peers is master. */
  #virtualMacs: ReadonlySet<string> = new Set();
  #failedStarts = 0;
  #agentDeath: AgentExit | undefined;
  #stopping = false;
  #exitCode: number = EXIT.done;

  constructor(options: EngineOptions) {
    this.#observerProgram = options.observerProgram;
    this.#scheduling = useRealTimeScheduling(REAL_TIME_PRIORITY).ok ? 'rr' : 'normal';
    this.#supervisor = new AgentSupervisor({
      program: options.agentProgram,
      arguments: options.agentArguments,
      onMessage: (message) => {
        this.#onMessage(message);
      },
      onExit: (exit) => {
        this.#onAgentExit(exit);
      },
    });
  }

  start(): void {
    process.on('SIGTERM', () => {
      this.#stop();
    });
    process.on('SIGINT', () => {
      this.#stop();
    });
    process.on('SIGHUP', () => {
      this.#reloadGate.request();
    });
    this.#supervisor.start();
  }

  #onMessage(message: AgentMessage): void {
    switch (message.type) {
      case 'configure':
        this.#configure(message);
        this.#reloadGate.agentListens();
        break;
      case 'snapshot-request':
        this.#sendSnapshot(message.id);
        break;
      case 'health':
        this.#engine?.setHealth(message.router, message);
        break;
      case 'refuse-start':
        // An agent that is started again while routers run cannot undo them: the last good configuration goes on.
        if (this.#engine === undefined) this.#endAfterAgent(message.exitCode);
        break;
      case 'stopped':
        this.#end();
    }
  }

  #configure(message: ConfigureMessage): void {
    if (this.#stopping) return;
    const firstTime = this.#engine === undefined;
    try {
      if (firstTime) this.#takeHold(message.runtimeDirectory);
      this.#engine ??= this.#createEngine(message.runtimeDirectory);
      this.#applyLocked(this.#engine, message);
      // After the leftovers are gone, and long before a backup can be called upon.
      if (firstTime && this.#ports !== undefined) rehearsePromotion(this.#ports);
    } catch (error) {
      if (!isBatonError(error)) throw error;
      const exitCode = PRIVILEGE_ERRORS.has(error.code) ? EXIT.privileges : EXIT.failed;
      this.#send({
        type: 'refused',
        generation: message.generation,
        code: error.code,
        message: describeError(error),
        exitCode,
      });
      if (firstTime) this.#endAfterAgent(exitCode);
      return;
    }
    this.#observe(message);
    this.#send({
      type: 'configured',
      generation: message.generation,
      driver: this.#driver,
      scheduling: this.#scheduling,
    });
    if (firstTime) {
      // An agent that is started again may find a file it cannot use: it is told where the accepted one is kept.
      this.#supervisor.addArguments(['--resume', message.runtimeDirectory]);
      tellServiceManager({ READY: '1' });
    }
    this.#reportAgentDeath();
  }

  /** Applies a configuration while the locks of its routers are held. */
  #applyLocked(engine: Engine, { generation, routers, syncGroups }: ConfigureMessage): void {
    const reservation = this.#routerLocks.reserve(routers);
    try {
      engine.configure(generation, routers, syncGroups);
    } catch (error) {
      reservation.undo();
      throw error;
    }
    reservation.keep();
  }

  /** Nobody hears a notice while the agent is dead: its successor is told. */
  #reportAgentDeath(): void {
    const agentDeath = this.#agentDeath;
    if (agentDeath === undefined) return;
    this.#agentDeath = undefined;
    const how = agentDeath.signal ?? `exit code ${String(agentDeath.code)}`;
    this.#engine?.notices.say('error', 'agent-respawned', { ended_by: how });
  }

  /** What must be ours before anything is touched: the privileges and the runtime directory. */
  #takeHold(runtimeDirectory: string): void {
    const missing = missingCapabilities();
    if (missing.length > 0) {
      throw new BatonError('ERR_NET_CAPABILITY_MISSING', `cannot hold virtual IPs without ${missing.join(' and ')}`, {
        hint: 'run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW',
      });
    }
    this.#lock = takeRuntimeLock(runtimeDirectory);
  }

  #createEngine(runtimeDirectory: string): Engine {
    const ports = openLinuxPorts({
      runtimeDirectory,
      emit: (message) => {
        this.#send(message);
      },
      onLinkReadFailed: (failure) => {
        if (this.#engine !== undefined) tellLinkReadFailure(this.#engine, failure.interface, failure.error);
      },
    });
    this.#driver = ports.packetIo.driver;
    this.#ports = ports;
    return new Engine(ports);
  }

  #sendSnapshot(id: number): void {
    if (this.#engine === undefined) return;
    const answer = answerSnapshot(id, this.#engine, () => ({
      pid: process.pid,
      scheduling: this.#scheduling,
      rssBytes: process.memoryUsage.rss(),
      observer: this.#observer?.state ?? 'off',
      senders: this.#senders.list(),
    }));
    if (answer !== undefined) this.#send(answer);
  }

  #observe({ observe, routers }: ConfigureMessage): void {
    this.#observer?.close();
    this.#observer = undefined;
    if (!observe) return;
    const interfaces = [...new Set(routers.map(({ families: [parameters] }) => parameters.interface))];
    const addresses = routers.flatMap(({ families }) => families.flatMap(heldAddresses)).map(({ address }) => address);
    const virtual = routers.filter((router) => router.virtualMac).flatMap(({ families }) => families);
    this.#virtualMacs = new Set(virtual.map(({ vrid, family }) => virtualMac(vrid, family)));
    this.#observer = startObserver(this.#observerProgram, interfaces, addresses, (evidence) => {
      this.#reportEvidence(evidence);
    });
  }

  /** Who sends advertisements is kept for who asks; a claim of one of our addresses by another MAC is told. */
  #reportEvidence(evidence: Evidence): void {
    if (evidence.kind !== 'foreign-claim') {
      this.#senders.note(evidence);
      return;
    }
    const { address, mac } = evidence;
    if (this.#virtualMacs.has(mac)) return;
    this.#engine?.notices.sayLimited('warn', 'foreign-claim-seen', `${address} ${mac}`, {
      interface: evidence.interface,
      address,
      mac,
    });
  }

  #onAgentExit(exit: AgentExit): void {
    if (!exit.willRespawn) {
      this.#end();
      return;
    }
    this.#reloadGate.agentEnded();
    this.#agentDeath = exit;
    if (this.#engine !== undefined) return;
    this.#failedStarts += 1;
    if (this.#failedStarts < MAX_FAILED_STARTS) return;
    process.stderr.write(
      `baton: the agent ended ${String(this.#failedStarts)} times before it sent a configuration, see above\n`,
    );
    this.#exitCode = EXIT.failed;
    this.#end();
  }

  /** The routers leave first; then the agent delivers the stop hooks; then the process ends. A second signal ends it
   *  at once. */
  #stop(): void {
    if (this.#stopping) {
      this.#end();
      return;
    }
    this.#stopping = true;
    tellServiceManager({ STOPPING: '1' });
    this.#engine?.shutdown();
    this.#observer?.close();
    this.#supervisor.expectEnd();
    if (!this.#supervisor.isRunning()) {
      this.#end();
      return;
    }
    this.#send({ type: 'stopping' });
    setTimeout(() => {
      this.#end();
    }, STOP_PATIENCE_MS);
  }

  #endAfterAgent(exitCode: number): void {
    this.#engine?.shutdown();
    this.#exitCode = exitCode;
    this.#stopping = true;
    this.#supervisor.expectEnd();
    if (!this.#supervisor.isRunning()) this.#end();
    else
      setTimeout(() => {
        this.#end();
      }, STOP_PATIENCE_MS);
  }

  #end(): void {
    this.#supervisor.expectEnd();
    this.#supervisor.signal('SIGKILL');
    this.#lock?.release();
    process.exit(this.#exitCode);
  }

  #send(message: EngineMessage): void {
    this.#supervisor.send(message);
  }
}

const PRIVILEGE_ERRORS: ReadonlySet<string> = new Set<NetErrorCode>([
  'ERR_NET_RAW_SOCKET_DENIED',
  'ERR_NET_CAPABILITY_MISSING',
]);

/** Takes the lock that makes this daemon the only one on its runtime directory. The kernel drops it when the process
 *  dies, however it dies. */
function takeRuntimeLock(directory: string): HeldLock {
  try {
    makeDirectories(directory, 0o750);
  } catch (cause) {
    throw new BatonError(
      'ERR_ENGINE_RUNTIME_DIRECTORY',
      `cannot make the runtime directory ${directory}: ${describeError(cause)}`,
      {
        cause,
        hint: 'make it writable for the service, or set runtime_directory',
      },
    );
  }
  const lock = openLock(join(directory, 'baton.lock'));
  if (lock.ok) return lock;
  const holder = lock.holderPid === undefined ? 'another process' : `process ${String(lock.holderPid)}`;
  throw new BatonError('ERR_ENGINE_ALREADY_RUNNING', `a Baton daemon is already running on ${directory} (${holder})`, {
    hint: 'stop it first; one daemon runs all virtual routers of a host',
  });
}

function openLock(path: string): FileLock {
  try {
    return lockFile(path);
  } catch (cause) {
    throw new BatonError('ERR_ENGINE_RUNTIME_DIRECTORY', `cannot lock ${path}: ${describeError(cause)}`, {
      cause,
      hint: 'make it writable for the service, or set runtime_directory',
    });
  }
}

/** Tells systemd, when it started us with Type=notify; nobody listens otherwise. */
function tellServiceManager(assignments: Readonly<Record<string, string>>): void {
  const socketName = process.env['NOTIFY_SOCKET'];
  if (socketName !== undefined && socketName !== '') notifyService(socketName, assignments);
}

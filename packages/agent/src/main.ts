// The agent process: plugs the Agent into Node. Started by the engine, never by hand; everything it decides is in
// agent.ts.

import { EXIT } from '@baton/base';
import { loadConfiguration } from '@baton/config';
import type { EngineMessage } from '@baton/engine/messages';
import { Survivor } from '@baton/engine/survivor';
import { dropInheritableCapabilities } from '@baton/linux';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Agent } from './agent.js';
import { startCommand } from './hooks/command.js';
import { findLeftover } from './hooks/leftover.js';
import { identifyProcess, processorTicks } from './process-identity.js';

function main(): void {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', short: 'c', default: '/etc/baton/baton.yaml' },
      // Given by an engine that already runs: see AgentPorts.
      resume: { type: 'string' },
    },
  });
  if (process.send === undefined) {
    process.stderr.write('baton-agent: this program is started by the engine; run `baton run`\n');
    process.exitCode = EXIT.usage;
    return;
  }
  const dropped = dropInheritableCapabilities();
  if (!dropped.ok) {
    process.stderr.write(`baton-agent: hooks inherit the capabilities of the service (${dropped.errno})\n`);
  }

  const enginePid = process.ppid;
  const agent = new Agent({
    transmit: (message) => {
      if (process.connected) process.send?.(message);
    },
    load: () => loadConfiguration(values.config),
    startCommand,
    findLeftover,
    clock: { now: () => performance.now() },
    wallClockMs: () => Date.now(),
    stderr: process.stderr,
    engineLife: describeLife(enginePid),
    engineWork: () => processorTicks(enginePid),
    // Once it has ended, its id may be somebody else's, and it is not our parent any more.
    killEngine: () => { if (process.ppid === enginePid) process.kill(enginePid, 'SIGKILL'); },
    openSurvivor: (runtimeDirectory, hear) => new Survivor(runtimeDirectory, hear),
    version: readVersion(),
    resumeFrom: values.resume,
    end: (exitCode) => { endProcess(exitCode); },
  });
  process.on('message', (message) => { agent.receive(message as EngineMessage); });
  process.on('disconnect', () => { void agent.engineLost(); });
  process.on('SIGHUP', () => { agent.reload(); });
  // The engine decides when the end has come and says so.
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  void agent.start();
}

/** Lets the last message and the last line leave before the process ends; the engine need not wait for more. */
function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  if (process.connected) process.disconnect();
  setTimeout(() => process.exit(exitCode), 1000).unref();
  process.stderr.write('', () => process.exit(exitCode));
}

/** The engine is our parent; it cannot be absent while we hear it. */
function describeLife(pid: number): string {
  return identifyProcess(pid)?.identity ?? String(pid);
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

main();

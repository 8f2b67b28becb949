// The agent process: plugs the Agent into Node. Started by the engine, never by hand; everything it decides is in
// agent.ts.

import { loadConfiguration } from '@baton/config';
import type { EngineMessage } from '@baton/engine/messages';
import { dropInheritableCapabilities } from '@baton/linux';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Agent } from './agent.js';
import { startCommand } from './hooks/command.js';

/** Exit code of a wrong command line. */
const EXIT_USAGE = 2;

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
    process.exitCode = EXIT_USAGE;
    return;
  }
  const dropped = dropInheritableCapabilities();
  if (!dropped.ok) {
    process.stderr.write(`baton-agent: hooks inherit the capabilities of the service (${dropped.errno})\n`);
  }

  const agent = new Agent({
    transmit: (message) => {
      if (process.connected) process.send?.(message);
    },
    load: () => loadConfiguration(values.config),
    startCommand,
    clock: { now: () => performance.now() },
    wallClockMs: () => Date.now(),
    stderr: process.stderr,
    engineLife: describeLife(process.ppid),
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

/** A text that no other process has or had: process ids come back, the same one after a restart of a container. */
function describeLife(pid: number): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const status = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The name in parentheses may hold anything; the start time is the 20th field after it (proc(5): 22nd in all).
  const startTicks = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${boot}:${String(pid)}:${startTicks}`;
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

main();

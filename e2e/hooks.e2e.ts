// What hooks are called with, when and how often, and what of the daemon they can get hold of: nothing.

import { describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '@baton/agent/control';
import { LAB_DIRECTORY, run, waitFor, type BatonNode, type YamlValue } from '@baton/lab';
import { onLan, VIP, VIP_PREFIX } from './support/bed.js';
import { elect, readJournal, START_DEADLINE_MS, transitions, waitForTransition } from './support/journal.js';
import { ONLY_NETWORK, unprivileged, UNPRIVILEGED_ID } from './support/privileges.js';

/** Writes its arguments, its variables and its input as one line; ends with the code of its second configured word. */
const RECORDER = `#!/bin/sh
log=$1; code=$2; shift 2
variables=$(env | grep ^BATON_ | sort | tr '\\n' ';')
input=$(cat)
echo "$*|$variables|$input" >> "$log"
exit "$code"
`;
/** How long the programs of these tests may take, ms. No promise: a script starts several processes of its own, one
 *  after the other, and on two busy cores each of them waits its turn. */
const HOOK_DEADLINE_MS = 10_000;
let programsMade = 0;

/** One call of the recorder. */
interface Call {
  readonly words: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly input: Readonly<Record<string, unknown>>;
}

describe('hooks over a takeover and a return', () => {
  test('run once for each state, in order, with the words of keepalived, the variables and the event', () =>
    onLan(['a', 'b'], async (bed) => {
      const [logA, logB] = [newFile('calls'), newFile('calls')];
      const recorder = newProgram(RECORDER);
      // The second word 3 makes the hook of b fail: a failure is written down and changes nothing.
      const a = bed.baton('a', { priority: 200, file: hooks([recorder, logA, '0']) });
      const b = bed.baton('b', { priority: 100, file: hooks([recorder, logB, '3']) });
      await elect(a, b);

      await bed.lan.setCable('a', 'down');
      const takeover = await waitForTransition(b, 'backup>master', 1_500);
      await waitFor('the hook of the takeover', HOOK_DEADLINE_MS, () => calls(logB).length === 2);
      await waitFor('the hook of the fault', HOOK_DEADLINE_MS, () => calls(logA).length === 3);
      await bed.lan.setCable('a', 'up');
      await waitFor('the hook of the return', HOOK_DEADLINE_MS, () => calls(logA).length === 5);
      await waitForTransition(b, 'master>backup', 1_500, { after: takeover });
      await waitFor('the hook of the yield', HOOK_DEADLINE_MS, () => calls(logB).length === 3);
      await a.stop();
      await b.stop();

      expect(calls(logA).map(({ words }) => words)).toEqual([
        'INSTANCE web BACKUP 200',
        'INSTANCE web MASTER 200',
        'INSTANCE web FAULT 200',
        'INSTANCE web BACKUP 200',
        'INSTANCE web MASTER 200',
        'INSTANCE web STOP 200',
      ]);
      // Whether b was master for a moment after a had left depends on which of the two stops came first.
      expect(
        calls(logB)
          .map(({ words }) => words)
          .slice(0, 3),
      ).toEqual(['INSTANCE web BACKUP 100', 'INSTANCE web MASTER 100', 'INSTANCE web BACKUP 100']);
      expect(calls(logB).at(-1)?.words).toBe('INSTANCE web STOP 100');
      expect(calls(logB)[1]?.variables).toEqual({
        BATON_ROUTER: 'web',
        BATON_STATE: 'master',
        BATON_PREVIOUS_STATE: 'backup',
        BATON_REASON: 'master-down-timer',
        BATON_EPOCH: '1',
        BATON_PRIORITY: '100',
        BATON_NODE: 'b',
        BATON_ADDRESSES: VIP_PREFIX,
      });
      expect(calls(logB)[1]?.input).toEqual({
        time: new Date(takeover.atMs).toISOString(),
        event: 'state-changed',
        node: 'b',
        router: 'web',
        state: 'master',
        previous_state: 'backup',
        reason: 'master-down-timer',
        epoch: 1,
        priority: 100,
        addresses: [VIP_PREFIX],
      });
      const finished = readJournal(b).filter(({ event }) => event === 'hook-finished');
      expect(finished.map((event) => event['exit_code'])).toEqual(calls(logB).map(() => 3));
    }));

  test('see the state that they are told: the address is there for master and off for backup', () =>
    onLan(['a', 'b'], async (bed) => {
      const log = newFile('addresses');
      const looker = newProgram(
        '#!/bin/sh\necho "$4 $(ip -4 -o address show dev eth0 | grep -c " $BATON_ADDRESSES ")" >> "$1"\n',
      );
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100, file: hooks([looker, log]) });
      // Each state lasts until the hook has looked: a program that the machine lets wait sees the next one.
      await elect(a, b);
      const looked = (count: number): Promise<boolean> =>
        waitFor(`${String(count)} calls`, HOOK_DEADLINE_MS, () => lines(log).length === count);
      await looked(1);
      await a.stop();
      await looked(2);
      await a.start();
      await waitForTransition(b, 'master>backup', START_DEADLINE_MS);
      await looked(3);

      expect(lines(log)).toEqual(['BACKUP 0', 'MASTER 1', 'BACKUP 0']);
      await bed.waitForHolders(['a'], 500);
    }));

  test('are not run again by a new agent: the next call is for the next transition', () =>
    onLan(['a'], async (bed) => {
      const log = newFile('calls');
      const a = bed.baton('a', { priority: 200, file: hooks([newProgram(RECORDER), log, '0']) });
      await elect(a);
      await waitFor(
        'both hooks to end',
        HOOK_DEADLINE_MS,
        () => readJournal(a).filter(({ event }) => event === 'hook-finished').length === 2,
      );

      const [agent = -1] = a.pids;
      process.kill(agent, 'SIGKILL');
      await waitFor(
        'the new agent to have compared what was delivered',
        START_DEADLINE_MS,
        async () =>
          readJournal(a).some(({ event }) => event === 'agent-respawned') && (await a.router())?.state === 'master',
      );
      // A transition after it has its turn behind whatever the new agent would have repeated.
      await bed.lan.setCable('a', 'down');
      await waitFor('the next hook', HOOK_DEADLINE_MS, () => calls(log).some(({ words }) => words.includes('FAULT')));

      expect(calls(log).map(({ words }) => words)).toEqual([
        'INSTANCE web BACKUP 200',
        'INSTANCE web MASTER 200',
        'INSTANCE web FAULT 200',
      ]);
      await waitForTransition(a, 'master>fault', 1_000);
      expect(transitions(a).map(({ to }) => to)).toEqual(['backup', 'master', 'fault']);
    }));
});

describe('an agent that is killed while a hook runs', () => {
  test('leaves it running: nothing runs twice, the next hook waits for it, and its end is known within 2 s', () =>
    onLan(['a'], async (bed) => {
      const [log, gate] = [newFile('calls'), newFile('gate')];
      // For master it begins, waits until it is let go, and ends; every other state is told at once.
      const waiter = newProgram(
        '#!/bin/sh\necho "begin $5" >> "$1"\n' +
          'if [ "$5" = MASTER ]; then until [ -e "$2" ]; do sleep 0.02; done; fi\necho "end $5" >> "$1"\n',
      );
      const a = bed.baton('a', { priority: 200, file: hooks([waiter, log, gate]) });
      await elect(a);
      await waitFor('the hook for master to run', HOOK_DEADLINE_MS, () => lines(log).includes('begin MASTER'));

      // The one child of the engine, which comes last; those of the waiting script come and go before it.
      const [agent = -1] = a.pids.slice(-2);
      process.kill(agent, 'SIGKILL');
      await waitFor(
        'the new agent to have taken it over',
        START_DEADLINE_MS,
        () => eventsNamed(a, 'hook-adopted').length === 1,
      );
      // A transition that the new agent hears of while the hook of the old one still runs.
      await bed.lan.setCable('a', 'down');
      await waitForTransition(a, 'master>fault', 1_000);
      expect(lines(log)).toEqual(['begin BACKUP', 'end BACKUP', 'begin MASTER']);
      writeFileSync(gate, '');
      await waitFor('the hook for fault', HOOK_DEADLINE_MS, () => lines(log).includes('end FAULT'));

      expect(lines(log)).toEqual([
        ...['begin BACKUP', 'end BACKUP', 'begin MASTER', 'end MASTER'],
        ...['begin FAULT', 'end FAULT'],
      ]);
      const finished = await waitFor('the journal', 2_000, () => {
        const events = eventsNamed(a, 'adopted-hook-finished');
        return events.length > 0 ? events : undefined;
      });
      expect(finished).toMatchObject([{ router: 'web', state: 'master', epoch: 1, outcome: 'ended' }]);
      expect(eventsNamed(a, 'state-changed').map(({ to }) => to)).toEqual(['backup', 'master', 'fault']);
    }));
});

describe('hooks of a sync group', () => {
  test('are told once for the group and once for each member, with the words of keepalived', () =>
    onLan(['a'], async (bed) => {
      const log = newFile('calls');
      await bed.addInterface('a', 'eth1', '10.8.0.1/24');
      const router = { priority: 200, advert_interval: '100ms' };
      const a = bed.baton('a', {
        priority: 200,
        file: {
          virtual_routers: {
            web: { ...router, interface: 'eth0', vrid: 51, addresses: [VIP_PREFIX] },
            inside: { ...router, interface: 'eth1', vrid: 52, addresses: ['10.8.0.100/24'] },
          },
          sync_groups: { edge: ['web', 'inside'] },
          ...hooks([newProgram(RECORDER), log, '0']),
        },
      });
      await elect(a);
      await waitFor('the hooks for master', HOOK_DEADLINE_MS, () => calls(log).length === 6);
      expect((await a.status())?.sync_groups).toMatchObject([
        { name: 'edge', state: 'master', reason: 'master-down-timer', virtual_routers: ['web', 'inside'] },
      ]);
      await bed.lan.setCable('a', 'down');
      await waitFor('the hooks for fault', HOOK_DEADLINE_MS, () => calls(log).length === 9);
      await a.stop();

      const told = calls(log).map(({ words }) => words);
      expect(told.filter((words) => words.startsWith('GROUP'))).toEqual([
        ...['GROUP edge BACKUP 0', 'GROUP edge MASTER 0', 'GROUP edge FAULT 0', 'GROUP edge STOP 0'],
      ]);
      expect(told.filter((words) => words.includes(' web '))).toEqual([
        ...['INSTANCE web BACKUP 200', 'INSTANCE web MASTER 200', 'INSTANCE web FAULT 200', 'INSTANCE web STOP 200'],
      ]);
      expect(told.filter((words) => words.includes(' inside '))).toEqual([
        ...['INSTANCE inside BACKUP 200', 'INSTANCE inside MASTER 200', 'INSTANCE inside BACKUP 200'],
        'INSTANCE inside STOP 200',
      ]);
      const master = calls(log).find(({ words }) => words === 'GROUP edge MASTER 0');
      expect(master?.variables).toEqual({
        BATON_GROUP: 'edge',
        BATON_ROUTERS: 'web inside',
        BATON_STATE: 'master',
        BATON_PREVIOUS_STATE: 'backup',
        BATON_REASON: 'master-down-timer',
        BATON_EPOCH: '1',
        BATON_PRIORITY: '0',
        BATON_NODE: 'a',
        BATON_ADDRESSES: `${VIP_PREFIX} 10.8.0.100/24`,
      });
      expect(master?.input).toMatchObject({ event: 'group-state-changed', group: 'edge', state: 'master', epoch: 1 });
    }));
});

describe('a daemon of an ordinary user with CAP_NET_ADMIN and CAP_NET_RAW alone', () => {
  test('elects, holds the address, and its hooks inherit neither a capability nor a socket', () =>
    onLan(['a', 'b'], async (bed) => {
      // Programs themselves, no shell that would open descriptors of its own: what they print is in the journal.
      const listing = ['/bin/ls', '-l', '/proc/self/fd'];
      const a = bed.baton('a', {
        priority: 200,
        launcher: unprivileged(ONLY_NETWORK),
        file: {
          hooks: [
            { on: ['master'], run: listing },
            { on: ['master'], run: ['/bin/cat', '/proc/self/status'] },
          ],
        },
      });
      mkdirSync(a.directory, { recursive: true });
      await run(['chown', String(UNPRIVILEGED_ID), a.directory]);
      await elect(a);
      expect(await bed.lan.addresses('a')).toContain(VIP_PREFIX);
      const [descriptors = '', status = ''] = await waitFor('both hooks to end', HOOK_DEADLINE_MS, () => {
        const outputs = readJournal(a)
          .filter(({ event }) => event === 'hook-finished')
          .map((event) => String(event['output']));
        return outputs.length === 2 ? outputs : undefined;
      });

      const engine = readFileSync(`/proc/${String(a.process.pid)}/status`, 'utf8');
      expect(/^CapEff:\s+(\S+)$/mu.exec(engine)?.[1]).toBe('0000000000003000');
      const capabilities: Record<string, string | undefined> = Object.fromEntries(
        [...status.matchAll(/^(Cap\w+):\s+(\S+)$/gmu)].map((match) => [match[1] ?? '', match[2]]),
      );
      expect(capabilities).toMatchObject({
        CapInh: '0000000000000000',
        CapPrm: '0000000000000000',
        CapEff: '0000000000000000',
        CapAmb: '0000000000000000',
      });
      // What the test itself hands down to every program is not Baton's. 0 to 2 are its pipes, 3 is the listing.
      const handedDown = descriptorsIn(await run(listing));
      expect(handedDown.slice(0, 4)).toEqual([0, 1, 2, 3]);
      expect(descriptorsIn(descriptors)).toEqual(handedDown);
      await a.stop();
      expect(a.process.ending).toBe(0);
      expect(await bed.lan.holders(VIP)).toEqual([]);
    }));
});

/** The events of one name in the journal of a node. */
function eventsNamed(node: BatonNode, name: string): readonly JournalEvent[] {
  return readJournal(node).filter(({ event }) => event === name);
}

/** The numbers of the descriptors that `ls -l` listed. */
function descriptorsIn(listing: string): readonly number[] {
  return [...listing.matchAll(/ (\d+) -> \S+$/gmu)].map((match) => Number(match[1])).sort((x, y) => x - y);
}

/** The part of a configuration that calls one program for every state. */
function hooks(words: readonly string[]): Record<string, YamlValue> {
  return { hooks: [{ on: ['all'], run: words }] };
}

/** An executable script, owned by root, that everybody may run. */
function newProgram(text: string): string {
  programsMade += 1;
  const file = join(directory(), `program-${String(process.pid)}-${String(programsMade)}`);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** The name of a file that does not exist yet, in a place where everybody may make it. */
function newFile(kind: string): string {
  programsMade += 1;
  return join(directory(), `${kind}-${String(process.pid)}-${String(Date.now())}-${String(programsMade)}`);
}

function directory(): string {
  const made = join(LAB_DIRECTORY, 'hooks');
  mkdirSync(made, { recursive: true });
  chmodSync(made, 0o1777);
  return made;
}

function lines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

function calls(file: string): readonly Call[] {
  return lines(file).map((line) => {
    const [words = '', variables = '', input = '{}'] = line.split('|');
    const pairs = variables
      .split(';')
      .filter((pair) => pair !== '')
      .map((pair) => pair.split('=') as [string, string]);
    return { words, variables: Object.fromEntries(pairs), input: JSON.parse(input) as Call['input'] };
  });
}

// What an operator gets wrong: each mistake has a message that names it and its place, and the exit code of the
// interface. Also surroundings that these tests cannot run in.
// A running daemon is never harmed by one.

import { afterEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StatusReport } from '@baton/agent/control';
import { insideNamespace, runToEnd, waitFor, type BatonNode, type CommandResult } from '@baton/lab';
import { baton, PROGRAM } from './support/baton.js';
import { FAST_MS, onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { elect, lastState, readJournal, START_DEADLINE_MS, story, waitForTransition } from './support/journal.js';
import { unprivileged, UNPRIVILEGED_ID } from './support/privileges.js';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

describe('a configuration with a mistake', () => {
  const router = (lines: readonly string[]): string =>
    ['virtual_routers:', '  web:', ...lines.map((line) => `    ${line}`), ''].join('\n');
  const good = ['interface: eth0', 'vrid: 51', 'addresses: [10.9.0.100/24]'];
  const mistakes: readonly {
    readonly name: string;
    readonly text: string;
    readonly place: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'an unknown key',
      text: router([...good, 'prioritty: 200']),
      place: '6:5',
      says: /prioritty.*nearest.*'priority'/u,
    },
    {
      name: 'a wrong type',
      text: router(['interface: eth0', 'vrid: fifty-one', 'addresses: [10.9.0.100/24]']),
      place: '4:11',
      says: /vrid: must be an integer 1\.\.255, not 'fifty-one'/u,
    },
    {
      name: 'a value out of range',
      text: router([...good, 'priority: 300']),
      place: '6:15',
      says: /priority: must be an integer 1\.\.255, not 300/u,
    },
    {
      name: 'a duration without a unit',
      text: router([...good, 'advert_interval: 1']),
      place: '6:22',
      says: /advert_interval: .*add the unit: 1s/u,
    },
    {
      name: 'an interval that the protocol cannot say',
      text: router([...good, 'advert_interval: 41s']),
      place: '6:22',
      says: /advert_interval: must be a duration 10ms\.\.40\.95s/u,
    },
    {
      name: 'an address that is none',
      text: router(['interface: eth0', 'vrid: 51', 'addresses: [10.9.0.300/24]']),
      place: '5:17',
      says: /10\.9\.0\.300\/24/u,
    },
    {
      name: 'one VRID twice on an interface',
      place: '8:11',
      says: /51 is already the VRID of 'web' on eth0 \(line 4\)/u,
      text: `${router(good)}  other:\n    interface: eth0\n    vrid: 51\n    addresses: [10.9.0.101/24]\n`,
    },
    {
      name: 'a missing key',
      text: router(['interface: eth0', 'addresses: [10.9.0.100/24]']),
      place: '3:5',
      says: /vrid/u,
    },
    { name: 'broken YAML', text: 'virtual_routers: {web: [\n', place: '2:1', says: /\S/u },
  ];

  test.each(mistakes)(
    '$name: run and check both end with 4 within 5 s and name file, line and column',
    async ({ text, place, says }) => {
      const file = writeConfiguration(text);

      const results = await Promise.all([baton('run', '-c', file), baton('check', file)]);

      for (const { code, stderr } of results) {
        const [finding = ''] = stderr.split('\n').filter((line) => line.includes(': error: '));
        expect({ code, place: finding.slice(0, `${file}:${place}:`.length) }).toEqual({
          code: 4,
          place: `${file}:${place}:`,
        });
        expect(finding).toMatch(says);
      }
    },
  );

  test('several mistakes are all named at once', async () => {
    const file = writeConfiguration(
      router(['interface: eth0', 'vrid: 0', 'addresses: []', 'priority: high', 'colour: red']),
    );
    const { code, stderr } = await baton('check', file);
    expect(code).toBe(4);
    expect(
      stderr
        .split('\n')
        .filter((line) => line.includes(': error: '))
        .map((line) => line.slice(file.length).split(':')[1]),
    ).toEqual(['4', '5', '6', '7']);
  });

  test('a file that does not exist is named, with exit code 4', async () => {
    const { code, stderr } = await baton('run', '-c', '/nowhere/baton.yaml');
    expect(code).toBe(4);
    expect(stderr).toMatch(/^\/nowhere\/baton\.yaml:1:1: error: /u);
  });
});

describe('a wrong command line', () => {
  test.each([
    [['fly']],
    [['run', '--colour']],
    [['status', '--jsno']],
    [['events', '--since', 'yesterday']],
    [['check', '']],
  ])('%j ends with 2 and says what is wrong', async (words) => {
    const { code, stderr } = await baton(...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown|no duration|is empty/u);
  });
});

describe('a daemon that is not there', () => {
  test.each(['status', 'events'])('%s ends with 3 and says where it looked and how to start one', async (command) => {
    const file = writeConfiguration(configuration({ runtime: '/run/lab/nobody' }));
    const { code, stderr } = await baton(command, '-c', file);
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot reach the daemon: \/run\/lab\/nobody\/control\.sock: .*baton run/u);
  });
});

describe('privileges that are missing', () => {
  test.each([
    ['no capability', [], 'CAP_NET_ADMIN and CAP_NET_RAW'],
    ['CAP_NET_ADMIN alone', ['net_admin'], 'CAP_NET_RAW'],
    ['CAP_NET_RAW alone', ['net_raw'], 'CAP_NET_ADMIN'],
  ])('with %s run ends with 5 and names what is missing', async (_, capabilities, missing) => {
    const file = writeConfiguration(configuration({ runtime: `/tmp/baton-${String(UNPRIVILEGED_ID)}-never-made` }));
    const { code, stderr } = await runToEnd([
      ...unprivileged(capabilities),
      process.execPath,
      PROGRAM,
      'run',
      '-c',
      file,
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain(`without ${missing};`);
    expect(stderr).toContain('AmbientCapabilities');
  });
});

describe('a second daemon on the same runtime directory', () => {
  test('is refused with 1 within 5 s, and the first goes on untouched', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      await elect(a);
      const before = await a.status();

      const second: CommandResult = await a.command('run');

      expect(second.code).toBe(1);
      expect(second.stderr).toContain(
        `already running on ${join(a.directory, 'run')} (process ${String(a.process.pid)})`,
      );
      await expectUntouched(bed, a, before);
    }));
});

describe('a second daemon with directories of its own', () => {
  test('is refused with 1 within 5 s while the first runs the same VRID on the same interface', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      await elect(a);
      const before = await a.status();
      const file = join(a.directory, 'second.yaml');
      const text = readFileSync(a.configurationFile, 'utf8');
      writeFileSync(file, text.replaceAll(a.directory, join(a.directory, 'second')));

      const words = [process.execPath, PROGRAM, 'run', '-c', file];
      const second = await runToEnd(insideNamespace(a.host.namespace, words));

      expect(second.code).toBe(1);
      expect(second.stderr).toContain(
        `another Baton daemon runs VRID 51 on eth0 (IPv4): process ${String(a.process.pid)}`,
      );
      await expectUntouched(bed, a, before);
      const mastership = await waitForTransition(a, 'backup>master', 1_000);
      await a.kill();
      await a.start();
      await waitForTransition(a, 'backup>master', START_DEADLINE_MS, { after: mastership });
    }));
});

describe('an interface that does not exist', () => {
  test('is waited for and said so; the router takes part within 1 s of its appearance', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { interface: 'later0' }, addresses: ['10.8.0.100/24'] });
      await a.start();
      const waiting = await waitForTransition(a, 'initialize>fault', START_DEADLINE_MS);
      expect(waiting.reason).toBe('interface-missing');
      const status = await waitFor('a status', 3_000, () => a.status());
      expect(status.virtual_routers[0]).toMatchObject({
        state: 'fault',
        faults: ['interface-missing', 'no-primary-address'],
      });
      expect(status.alarms).toMatchObject([
        { name: 'interface-missing', detail: expect.stringContaining('waiting for it') as unknown },
      ]);

      await bed.addInterface('a', 'later0', '10.8.0.1/24');

      const started = await waitForTransition(a, 'fault>backup', 1_000);
      expect(started.reason).toBe('fault-cleared');
      await waitForTransition(a, 'backup>master', 1_000);
      expect(await bed.addressesOn('a', 'later0')).toEqual(['10.8.0.1/24', '10.8.0.100/24']);
      expect((await a.status())?.alarms).toEqual([]);
    }));
});

describe('SIGHUP', () => {
  test('with an invalid file changes nothing, raises an alarm within 2 s, and a good file clears it', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      await elect(a);
      const good = readFileSync(a.configurationFile, 'utf8');
      const capture = await bed.capture();

      writeFileSync(a.configurationFile, good.replace('"vrid": 51', '"vrid": 510'));
      process.kill(a.process.pid, 'SIGHUP');
      const refusal = await waitFor('the refusal', 2_000, () =>
        readJournal(a).find(({ event }) => event === 'configuration-refused'),
      );
      expect(String(refusal['detail'])).toMatch(
        /baton\.yaml:\d+:\d+: error: virtual_routers\.web\.vrid: must be an integer 1\.\.255, not 510/u,
      );
      expect(lastState(a)).toBe('master');
      const refusedAtMs = Date.now();
      await capture.waitForAdvert('adverts after the refusal', 1_000, ({ atMs }) => atMs > refusedAtMs + 3 * FAST_MS);
      const status = await a.status();
      expect({ generation: status?.generation, alarms: status?.alarms.map(({ name }) => name) }).toEqual({
        generation: 1,
        alarms: ['configuration-refused'],
      });
      expect(capture.adverts().every(({ vrid, priority }) => vrid === 51 && priority === 200)).toBe(true);

      writeFileSync(a.configurationFile, good.replace('"priority": 200', '"priority": 150'));
      process.kill(a.process.pid, 'SIGHUP');
      await capture.waitForAdvert('the new priority', 2_000, ({ priority }) => priority === 150);
      await waitFor('the alarm to clear', 2_000, async () => (await a.status())?.alarms.length === 0);
      expect(story(a)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
      expect(await bed.lan.addresses('a')).toContain(VIP_PREFIX);
    }));
});

describe('surroundings without network namespaces', () => {
  test('make in-lab end with 5 and a message that says what to do, and skip nothing', async () => {
    // Without a capability and in a user namespace that may hold no further one.
    const inLab = fileURLToPath(new URL('../packages/lab/bin/in-lab', import.meta.url));
    const { code, stdout, stderr } = await runToEnd([
      'unshare',
      '--user',
      '--map-root-user',
      'sh',
      '-c',
      'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
      'sh',
      'setpriv',
      '--securebits',
      '+noroot',
      '--bounding-set',
      '-all',
      '--inh-caps',
      '-all',
      process.execPath,
      inLab,
      'true',
    ]);
    expect(stdout).toBe('');
    expect(code).toBe(5);
    expect(stderr).toMatch(/^in-lab: this system does not let user \d+ make network namespaces/u);
    expect(stderr).toMatch(/sudo|sysctl/u);
  });

  test('make a LAN refuse to touch the host, with the command that would be right', async () => {
    const lab = new URL('../packages/lab/dist/index.js', import.meta.url).href;
    const script = `import('${lab}').then(({ Lan }) => Lan.create(['a']))`;
    const { code, stderr } = await runToEnd([
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount -t tmpfs none /run && exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the lab makes interfaces only in namespaces of its own');
    expect(stderr).toContain('packages/lab/bin/in-lab');
  });
});

test('a daemon that cannot write its journal still runs: an alarm within 5 s and no effect on the election', () =>
  onLan(['a'], async (bed) => {
    const a = bed.baton('a', { priority: 200, file: { state_directory: '/etc/hostname/state' } });
    await a.start();
    const daemon = a.process;
    await waitFor('a to be master', START_DEADLINE_MS, () => daemon.log.includes('to=master'));
    expect(await bed.lan.addresses('a')).toContain(VIP_PREFIX);
    await waitFor('the alarm', 5_000, async () =>
      (await a.status())?.alarms.some(({ name }) => name === 'journal-unwritable'),
    );
  }));

/** A file with this text, readable by everybody; it is removed after the test. */
function writeConfiguration(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'baton-e2e-'));
  directories.push(directory);
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'state'));
  const file = join(directory, 'baton.yaml');
  writeFileSync(file, text);
  return file;
}

function configuration(options: { readonly runtime: string }): string {
  return JSON.stringify({
    node: 'a',
    virtual_routers: { web: { interface: 'lo', vrid: 51, addresses: [VIP_PREFIX] } },
    runtime_directory: options.runtime,
    state_directory: 'state',
  });
}

/** The daemon of `a` went on as if nothing had happened. */
async function expectUntouched(bed: Bed, a: BatonNode, before: StatusReport | undefined): Promise<void> {
  expect(await bed.lan.holders(VIP)).toEqual(['a']);
  const after = await a.status();
  expect({
    pid: after?.engine.pid,
    since: after?.virtual_routers[0]?.since,
    state: after?.virtual_routers[0]?.state,
  }).toEqual({ pid: before?.engine.pid, since: before?.virtual_routers[0]?.since, state: 'master' });
  expect(after?.virtual_routers[0]?.statistics['adverts_sent']).toBeGreaterThan(
    before?.virtual_routers[0]?.statistics['adverts_sent'] ?? NaN,
  );
  expect(story(a)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
}

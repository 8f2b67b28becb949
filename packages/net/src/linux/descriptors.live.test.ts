// What the ports do when the process has no descriptor left: a passing shortage must read as itself, never as a missing
// interface or a missing privilege, and must leave nothing open. Run through packages/lab/bin/in-lab.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from '@jest/globals';

/** Runs statements in a process that may have 64 descriptors, with `fill(left)`, which uses up all but some, and
 *  `told(f)`, which gives the value of f or the code and errno that it throws; each prints itself as JSON. */
function runShort(statements: string): unknown[] {
  const ports = fileURLToPath(new URL('../../dist/linux/index.js', import.meta.url));
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import {
      openAddressOwner, openAnnouncer, openLinkMonitor, openPacketIo, openRouteOwner,
    } from ${JSON.stringify(ports)};
    const print = (value) => console.log(JSON.stringify(value ?? null));
    const told = (f) => {
      try { print(f()); } catch ({ code, details }) { print({ code, errno: details?.errno }); }
    };
    const filled = [];
    const fill = (left) => {
      for (;;) try { filled.push(openSync('/dev/null', 'r')); } catch { break; }
      for (let count = 0; count < left; count += 1) closeSync(filled.pop());
    };
    const countFree = () => {
      const extra = [];
      for (;;) try { extra.push(openSync('/dev/null', 'r')); } catch { break; }
      extra.forEach((fd) => closeSync(fd));
      return extra.length;
    };
    print('started');
    ${statements}`;
  const command = [process.execPath, '--input-type=module', '-e', program];
  const ended = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...command], {
    encoding: 'utf8', timeout: 10_000,
  });
  if (ended.status !== 0) throw new Error(ended.stderr);
  return ended.stdout.trim().split('\n').slice(1).map((line) => JSON.parse(line) as unknown);
}

const failed = { code: 'ERR_NET_SOCKET_FAILED' };

test('addresses and routes: what is open needs no descriptor to claim and to release', () => {
  expect(runShort(`
    const at = { interface: 'lo', address: '192.0.2.77', prefixLength: 32 };
    const route = { to: { address: '198.51.100.0', prefixLength: 24 }, interface: 'lo', table: 977 };
    const [addresses, routes] = [openAddressOwner(), openRouteOwner()];
    fill(0);
    told(() => addresses.claim(at).ok);
    told(() => addresses.list('lo').some(({ address }) => address === at.address));
    told(() => routes.claim(route).ok);
    told(() => routes.release(route));
    told(() => addresses.release(at));`)).toEqual([
    true, true, true, { ok: true, already: true }, { ok: true, already: true },
  ]);
});

test('links: an open monitor needs no descriptor to read', () => {
  expect(runShort(`
    const monitor = openLinkMonitor();
    fill(0);
    told(() => monitor.read('lo').exists);`)).toEqual([true]);
});

test.each([0, 1])('announcements: with %i descriptors left no privilege is missing, and nothing stays open', (left) => {
  const [error, free] = runShort(`
    fill(${String(left)});
    told(() => openAnnouncer());
    print(countFree());`);
  expect(error).toMatchObject({ errno: 'EMFILE', code: expect.not.stringMatching(/DENIED/) });
  expect(free).toBe(left);
});

test.each([
  ['native', 4, 0], ['native', 4, 1], ['raw-socket', 4, 0], ['raw-socket', 4, 1], ['native', 6, 0], ['native', 6, 1],
])('advertisements by %s, IPv%i: with %i descriptors left nothing else is missing', (driver, family, left) => {
  const results = runShort(`
    const io = openPacketIo('${driver}');
    const first = io.open('lo', ${String(family)}, () => undefined);
    first.close();
    setTimeout(() => {
      fill(${String(left)});
      told(() => io.open('lo', ${String(family)}, () => undefined).close());
      setTimeout(() => { print(countFree()); process.exit(); }, 20);
    }, 20);`);
  const opened = driver === 'native' && left === 1;
  expect(results).toEqual([
    opened ? null : expect.objectContaining(failed), left,
  ]);
});

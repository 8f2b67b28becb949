// Decides which Debian packages a mode needs, sees what is missing by looking for one file of each, and installs it
// when it may.
import { accessSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram, run, SetupError } from './run.mjs';

/** One file of each package: a program by name, anything else by absolute path. */
const DEMO = [
  { name: 'iproute2', has: 'ip' },
  { name: 'util-linux', has: 'unshare' },
  { name: 'util-linux', has: 'nsenter' },
  { name: 'mount', has: 'mount' },
];
const TEST = [
  ...DEMO,
  { name: 'g++', has: 'g++' },
  { name: 'make', has: 'make' },
  { name: 'python3', has: 'python3' },
  { name: 'libpcap-dev', has: '/usr/include/pcap/pcap.h' },
  { name: 'keepalived', has: 'keepalived' },
  { name: 'frr', has: '/usr/lib/frr/vrrpd' },
  { name: 'tshark', has: 'tshark' },
  { name: 'tcpdump', has: 'tcpdump' },
  { name: 'nftables', has: 'nft' },
  { name: 'iputils-arping', has: 'arping' },
  { name: 'iputils-ping', has: 'ping' },
  { name: 'procps', has: 'ps' },
  { name: 'libcap2-bin', has: 'capsh' },
  { name: 'openssl', has: 'openssl' },
];
/** Natives are optional and tests are not run: a build needs nothing but Node. */
const NEEDED = { build: [], demo: DEMO, test: TEST };

const INSTALL = ['install', '--yes', '--no-install-recommends'];
/** Debian's way to say that a package must not start its daemon (we want the programs of keepalived and FRR, not their
 *  services). */
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** Makes sure that the Debian packages of `mode` are there.
 *  @param {'demo' | 'test' | 'build'} mode
 *  @throws {SetupError} with the one command to run when they are missing and this process may not install them */
export async function ensureDebianPackages(mode) {
  const missing = missingPackages(mode);
  if (missing.length === 0) return;
  if (findProgram('apt-get') === undefined) {
    throw new SetupError(`these Debian packages (or your system's names for them) are missing: ${missing.join(' ')}`);
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError('Debian packages are missing. Run this once, then try again:\n'
      + `  sudo sh -c 'apt-get update && apt-get ${INSTALL.join(' ')} ${missing.join(' ')}'`);
  }
  console.log(`setup: installing Debian packages ${missing.join(' ')}`);
  await install(missing);
  const still = missingPackages(mode);
  if (still.length > 0) throw new SetupError(`installed, but not found afterwards: ${still.join(' ')}`);
}

function missingPackages(mode) {
  const isThere = (has) => (has.startsWith('/') ? exists(has) : findProgram(has) !== undefined);
  const missing = NEEDED[mode].filter(({ has }) => !isThere(has));
  return [...new Set(missing.map(({ name }) => name))];
}

async function install(packages) {
  const policyIsOurs = forbidServiceStarts();
  try {
    await aptGet(['update']);
    const { code, output } = await aptGet([...INSTALL, ...packages]);
    if (code !== 0) throw new SetupError(`apt-get ${INSTALL.join(' ')} ${packages.join(' ')} failed:\n${output}`);
  } finally {
    if (policyIsOurs) rmSync(POLICY_FILE, { force: true });
  }
}

/** Quiet unless it fails. The noninteractive front end answers every question with its default (tshark: no set-uid
 *  capture). */
function aptGet(args) {
  const options = ['-qq', '-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return run('apt-get', [...options, ...args], { capture: true, env });
}

function forbidServiceStarts() {
  if (exists(POLICY_FILE)) return false;
  writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return true;
}

function exists(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

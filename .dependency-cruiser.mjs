// Holds the floors: what each package may import, from this project, from npm and from Node. What is not listed is
// forbidden. An import is judged by the file it lands on; another package is reached through its built door,
// packages/x/dist/….

/** packages: doors that may be imported (a string is the whole package, `x/door` only that file of dist).
 *  npm: packages that may be loaded. node: whether Node's own modules may be. Tests are freer: see below. */
const FLOORS = {
  base: { packages: [], npm: [], node: false },
  vrrp: { packages: ['base'], npm: [], node: false },
  linux: { packages: ['base'], npm: ['koffi'], node: true },
  net: { packages: ['base', 'linux'], npm: ['raw-socket', 'cap'], node: true },
  engine: { packages: ['base', 'vrrp', 'net', 'linux'], npm: [], node: true },
  config: { packages: ['base', 'vrrp', 'net'], npm: ['yaml'], node: true },
  agent: {
    packages: ['base', 'vrrp', 'engine/messages', 'engine/survivor', 'config', 'linux'], npm: ['winston'], node: true,
  },
  cli: {
    packages: ['base', 'engine', 'config', 'agent/control', 'agent/journal', 'net', 'simulator'],
    npm: ['commander'], node: true,
  },
  lab: { packages: ['base', 'linux', 'agent/control'], npm: [], node: true },
  simulator: { packages: ['base', 'vrrp', 'net/index', 'engine/core', 'engine/messages'], npm: [], node: true },
};

/** Tests, and what only tests share (fixtures.ts, x.fixture.ts), which is not built. */
const TEST = '(\\.test|\\.fixture|/fixtures)\\.ts$';

const floorRules = Object.entries(FLOORS).flatMap(([name, floor]) => {
  const from = { path: `^packages/${name}/src/`, pathNot: TEST };
  const own = `^packages/${name}/src/`;
  const built = (door) => (door.includes('/') ? door.replace('/', '/dist/') : door);
  const doors = floor.packages.map((door) => `^packages/${built(door)}[/.]`);
  const npm = floor.npm.map((dependency) => `node_modules/${dependency}/`);
  const pure = { name: `${name}-pure`, severity: 'error', from, to: { dependencyTypes: ['core'] } };
  return [
    {
      name: `${name}-floor`,
      comment: `${name} may import ${floor.packages.join(', ') || 'no other package'} (docs/architecture.md)`,
      severity: 'error',
      from,
      to: { path: '^packages/', pathNot: [own, ...doors, 'node_modules'] },
    },
    {
      name: `${name}-npm`,
      comment: `${name} may load ${floor.npm.join(', ') || 'nothing'} from npm`,
      severity: 'error',
      from,
      to: { path: 'node_modules/', ...(npm.length > 0 && { pathNot: npm }) },
    },
    ...(floor.node ? [] : [pure]),
  ];
});

const rules = [
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'resolvable', comment: 'Undeclared, misspelt, or not built', severity: 'error',
    from: {}, to: { couldNotResolve: true },
  },
  {
    name: 'ports-know-no-driver', severity: 'error',
    comment: 'The interfaces of net are what the simulator implements too',
    from: { path: '^packages/net/src/[^/]+\\.ts$', pathNot: TEST },
    to: { path: '^packages/net/src/linux/|^packages/linux/|node_modules' },
  },
  {
    name: 'one-place-for-raw-socket', severity: 'error',
    from: { path: '^packages/', pathNot: '^packages/net/src/linux/raw-socket-driver' },
    to: { path: 'node_modules/raw-socket/' },
  },
  {
    name: 'cap-only-in-the-observer', severity: 'error',
    comment: 'cap aborts its whole process when an interface goes down',
    from: { path: '^packages/', pathNot: '^packages/net/src/linux/observer' }, to: { path: 'node_modules/cap/' },
  },
  {
    name: 'agent-spawns-only-hooks', severity: 'error',
    from: { path: '^packages/agent/src/', pathNot: [TEST, '^packages/agent/src/hooks/'] },
    to: { path: '^(node:)?child_process$' },
  },
  {
    name: 'lab-is-on-top', severity: 'error',
    from: { path: '^packages/', pathNot: '^packages/lab/' }, to: { path: '^packages/lab/' },
  },
  {
    name: 'tests-stay-below-too', severity: 'error',
    comment: 'A test may load test tools and Node, but no package above its own',
    from: { path: '^packages/(base|vrrp|linux|net|config)/src/.*\\.test\\.ts$' },
    to: { path: '^packages/(engine|agent|cli|lab)/' },
  },
  {
    name: 'only-tests-import-tests', severity: 'error',
    from: { pathNot: TEST }, to: { path: '^(packages|e2e)/.*(\\.test|\\.e2e|\\.fixture|/fixtures)\\.ts$' },
  },
];

export default {
  forbidden: [...floorRules, ...rules],
  options: {
    // Other packages and dependencies are landing places: what they import themselves is not followed.
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: '^e2e/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.node'],
    },
  },
};

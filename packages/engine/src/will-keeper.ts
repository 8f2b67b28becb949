// Keeps the agent informed of what must be done when this process dies: for each router that is master, what it takes
// to resign in its name and to take its addresses off. Told when it has changed, once after an entry into the engine
// and never for an advertisement. Decides nothing.

import type { EngineMessage, FamilyWill, RouterWill } from './messages.js';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';

/** The wills of one engine. */
export class WillKeeper {
  readonly #emit: (message: EngineMessage) => void;
  readonly #find: (name: string) => HostedRouter | undefined;
  /** Routers that may have another will than the one that was told. */
  readonly #noted = new Set<string>();
  /** What was told, as text, of routers that are master. */
  readonly #told = new Map<string, string>();

  /** @param find the router by this name, undefined when it has left */
  constructor(emit: (message: EngineMessage) => void, find: (name: string) => HostedRouter | undefined) {
    this.#emit = emit;
    this.#find = find;
  }

  /** Something about this router may have changed. */
  note(name: string): void {
    this.#noted.add(name);
  }

  /** Tells what has changed since the last call. */
  settle(): void {
    if (this.#noted.size === 0) return;
    for (const name of this.#noted) {
      const hosted = this.#find(name);
      const will = hosted === undefined ? undefined : willOf(hosted);
      this.#tell(name, will);
    }
    this.#noted.clear();
  }

  /** Tells everything again: for an agent that is new. */
  restate(): void {
    for (const name of this.#told.keys()) this.#noted.add(name);
    this.#told.clear();
    this.settle();
  }

  #tell(router: string, will: RouterWill | undefined): void {
    if (will === undefined) {
      if (this.#told.delete(router)) this.#emit({ type: 'will', router });
      return;
    }
    const text = JSON.stringify(will);
    if (this.#told.get(router) === text) return;
    this.#told.set(router, text);
    this.#emit({ type: 'will', router, will });
  }
}

function willOf({ name, settings, families }: HostedRouter): RouterWill | undefined {
  const masters = families.filter(({ router }) => router.state.kind === 'master');
  if (masters.length === 0) return undefined;
  return { configuration: { name, ...settings }, families: masters.map(familyWill) };
}

function familyWill({ router, preexisting, virtualLink }: FamilyRouter): FamilyWill {
  const { parameters, primaryAddress: source } = router;
  return {
    parameters,
    ...(source === undefined ? {} : { source }),
    preexisting: [...preexisting],
    ...(virtualLink === undefined ? {} : { virtualLink }),
  };
}

// What the advertisements of one router prove, and what those of its neighbours must: the secrets of the configuration
// turned into the core's proofs. Keeps the secrets to itself: nothing here is shown, told or recorded.

import { assert } from '@baton/base';
import { Authenticator, PASSWORD_BYTES, type Demand, type Mac, type Moment, type Proof } from '@baton/vrrp';
import type { RouterAuthentication, RouterConfiguration } from './messages.js';

type Means =
  | { readonly kind: 'simple-password'; readonly password: Uint8Array }
  | { readonly kind: 'hmac'; readonly authenticator: Authenticator };

/** The credentials of one router, for both of its families. */
export class Credentials {
  readonly #settings: string;
  readonly #means: Means;

  private constructor(settings: string, means: Means) {
    this.#settings = settings;
    this.#means = means;
  }

  /** The credentials of a configuration; undefined when it has none.
   *  @param before those until now: what they have stamped and heard is not forgotten, whatever changes
   *  @throws {InvariantError} when a key is outside its range: configurations are validated before */
  static of(configuration: RouterConfiguration, mac: Mac, before: Credentials | undefined): Credentials | undefined {
    const { authentication, families } = configuration;
    if (authentication === undefined) return undefined;
    const [{ advertIntervalMs }] = families;
    const settings = JSON.stringify([authentication, advertIntervalMs]);
    if (before !== undefined && before.#settings === settings) return before;
    return new Credentials(settings, createMeans(authentication, advertIntervalMs, mac, before?.authenticator));
  }

  private get authenticator(): Authenticator | undefined {
    return this.#means.kind === 'hmac' ? this.#means.authenticator : undefined;
  }

  /** The proof for one advertisement, for all copies of it; undefined when this router sends none yet. */
  proof(moment: Moment): Proof | undefined {
    return this.#means.kind === 'simple-password' ? this.#means : this.#means.authenticator.nextProof(moment);
  }

  /** What an advertisement that is heard now must prove. */
  demand(moment: Moment): Demand {
    if (this.#means.kind === 'simple-password') return this.#means;
    return { kind: 'trailer', authenticator: this.#means.authenticator, moment };
  }
}

function createMeans(
  authentication: RouterAuthentication,
  advertIntervalMs: number,
  mac: Mac,
  before: Authenticator | undefined,
): Means {
  if (authentication.kind === 'simple-password') {
    const password = new TextEncoder().encode(authentication.password);
    assert(password.length >= 1 && password.length <= PASSWORD_BYTES, 'a simple password has 1–8 bytes');
    return { kind: 'simple-password', password };
  }
  const { mode, activeKeyId, antiReplay, timeWindowMs } = authentication;
  const keys = new Map(authentication.keys.map(({ id, secret }) => [id, fromHexadecimal(secret)]));
  const parameters = { mode, keys, activeKeyId, antiReplay, timeWindowMs, advertIntervalMs };
  return { kind: 'hmac', authenticator: new Authenticator(parameters, mac, before) };
}

function fromHexadecimal(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../gu) ?? [], (byte) => Number.parseInt(byte, 16));
}

// Decides whether two nodes believe each other's advertisements. Pure; secrets are compared and never told.

import type { AuthenticationSettings } from './configuration.js';

type Keys = Extract<AuthenticationSettings, { kind: 'hmac' }>;

/** Why one of two nodes would discard what the other one proves, or does not prove; undefined when neither would. */
export function authenticationDifference(
  own: AuthenticationSettings | undefined, peer: AuthenticationSettings | undefined,
): string | undefined {
  if (own?.kind === 'simple-password' || peer?.kind === 'simple-password') {
    if (own?.kind !== peer?.kind) return 'one node has a simple password, and the other has not';
    const [ours, theirs] = [own, peer].map((each) => each?.kind === 'simple-password' ? each.password : undefined);
    return ours === theirs ? undefined : 'the simple passwords are not the same';
  }
  return refusal(own, peer, 'there') ?? refusal(peer, own, 'here');
}

/** Why `receiver` discards what `sender` sends; `where` the receiver is. */
function refusal(sender: Keys | undefined, receiver: Keys | undefined, where: 'here' | 'there'): string | undefined {
  const signs = sender !== undefined && sender.mode !== 'receive-only';
  if (!signs) {
    return receiver?.mode === 'enforce' ? `a proof is enforced ${where}, and the other node sends none` : undefined;
  }
  if (receiver === undefined) return `what the other node signs is not understood ${where}, where no keys are given`;
  const name = `the key ${String(sender.activeKeyId)}`;
  const active = sender.keys.find(({ id }) => id === sender.activeKeyId);
  const known = receiver.keys.find(({ id }) => id === sender.activeKeyId);
  if (known === undefined) return `${name}, with which the other node signs, is not known ${where}`;
  return known.secret === active?.secret ? undefined : `${name} is not the same on both nodes`;
}

// What two agents say to each other, and how it is read: strictly, into values, whatever the bytes are. Fields that are
// not known are left out, so that a newer peer may say more. Pure.

import type { StateName } from '@baton/vrrp';

/** Versions of this protocol that this Baton speaks. */
export const PROTOCOL = { oldest: 1, newest: 1 } as const;
/** Virtual routers that are kept of one peer. */
export const MAX_ROUTERS = 1024;
/** Longest name or word, characters. */
const MAX_WORD = 255;
/** Most entries of a list inside one router. */
const MAX_ITEMS = 512;

/** Who is there. */
export interface Hello {
  readonly type: 'hello';
  readonly oldest: number;
  readonly newest: number;
  readonly node: string;
  /** Of Baton. */
  readonly version: string;
  /** Another one after every start of the agent. */
  readonly boot: string;
}

/** What both nodes of a virtual router have to agree on. */
export interface Agreement {
  readonly name: string;
  readonly vrid: number;
  readonly version: number;
  readonly advertIntervalMs: number;
  readonly addresses: readonly string[];
  /** `none`, `simple-password` or `hmac`; never a secret. */
  readonly authentication: string;
}

/** A virtual router as its own node sees it. */
export interface Standing {
  readonly router: string;
  readonly state: StateName;
  readonly priority: { readonly configured: number; readonly effective: number };
  readonly epoch: number;
  /** Wall-clock milliseconds since 1970, by the clock of that node. */
  readonly sinceMs: number;
  readonly reason: string;
  /** It let go in a hand-over and stays backup. */
  readonly held: boolean;
  readonly maintenance: boolean;
  readonly faults: readonly string[];
}

/** What one node asks of another. */
export interface TakeOver {
  readonly method: 'take-over';
  readonly router: string;
  /** Of the mastership that is handed over. */
  readonly epoch: number;
}

/** Everything that can be asked. */
export type PeerRequest = TakeOver;

/** What came of a request; `why` is a token. */
export type Answer = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Why a connection is not accepted. */
export type PeerRefusalReason =
  /** No TLS 1.3 session came about: another key, another certificate, no TLS at all. */
  | 'handshake-failed'
  /** The TLS handshake took longer than 3 s. */
  | 'handshake-timeout'
  /** The peer did not introduce itself in time. */
  | 'hello-timeout'
  /** A message is announced as longer than 64 KiB. */
  | 'frame-too-large'
  /** Something else than a message, or one at the wrong time. */
  | 'bad-message'
  /** The peer speaks only versions of the protocol that this Baton does not. */
  | 'no-common-version'
  /** The peer calls itself as this node is called. */
  | 'own-name'
  /** No peer of that name is configured. */
  | 'unknown-node'
  /** The name is not the one that the key, the certificate or the address stands for. */
  | 'wrong-node'
  /** More connections than allowed are waiting to be authenticated. */
  | 'too-many-connections'
  /** Without authentication only loopback addresses are talked to. */
  | 'not-loopback';

/** Everything that is said. */
export type PeerMessage =
  | Hello
  | { readonly type: 'welcome'; readonly protocol: number }
  | { readonly type: 'refuse'; readonly reason: string }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number }
  /** All that the sender has; `omitted` more did not fit. */
  | { readonly type: 'agreement'; readonly routers: readonly Agreement[]; readonly omitted: number }
  | { readonly type: 'state'; readonly standing: Standing }
  /** `request` is undefined when this Baton does not know the method. */
  | { readonly type: 'request'; readonly id: number; readonly request: PeerRequest | undefined }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer };

/** A message, or why there is none. `unknown-type` may come from a newer peer and is no reason to part. */
export type ParsedMessage =
  | { readonly ok: true; readonly message: PeerMessage }
  | { readonly ok: false; readonly reason: 'bad-message' | 'unknown-type' | 'no-common-version' };

/** Reads one message. Never throws. */
export function parseMessage(body: Buffer): ParsedMessage {
  const value = parseJson(body);
  if (!isFields(value) || typeof value['type'] !== 'string') return { ok: false, reason: 'bad-message' };
  // What else a hello of another version holds is not known.
  if (value['type'] === 'hello' && isOtherVersion(value)) return { ok: false, reason: 'no-common-version' };
  const read = READERS.get(value['type']);
  if (read === undefined) return { ok: false, reason: 'unknown-type' };
  const message = read(value);
  return message === undefined ? { ok: false, reason: 'bad-message' } : { ok: true, message };
}

type Fields = Readonly<Record<string, unknown>>;
type Reader = (fields: Fields) => PeerMessage | undefined;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['hello', readHello],
  ['welcome', ({ protocol }) => isCount(protocol) ? { type: 'welcome', protocol } : undefined],
  ['refuse', ({ reason }) => isToken(reason) ? { type: 'refuse', reason } : undefined],
  ['ping', ({ id }) => isCount(id) ? { type: 'ping', id } : undefined],
  ['pong', ({ id }) => isCount(id) ? { type: 'pong', id } : undefined],
  ['agreement', readAgreements],
  ['state', ({ standing }) => {
    const read = readStanding(standing);
    return read && { type: 'state', standing: read };
  }],
  ['request', ({ id, request }) =>
    isCount(id) && isFields(request) ? { type: 'request', id, request: readRequest(request) } : undefined],
  ['answer', ({ id, answer }) => {
    const read = readAnswer(answer);
    return isCount(id) && read !== undefined ? { type: 'answer', id, answer: read } : undefined;
  }],
]);

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // no JSON is no message: that is what the caller reports
  }
}

function isOtherVersion({ oldest, newest }: Fields): boolean {
  return isCount(oldest) && isCount(newest) && (oldest > PROTOCOL.newest || newest < PROTOCOL.oldest);
}

function readHello({ oldest, newest, node, version, boot }: Fields): PeerMessage | undefined {
  if (!isCount(oldest) || !isCount(newest) || oldest > newest) return undefined;
  if (!isWord(node) || !isWord(version) || !isWord(boot)) return undefined;
  return { type: 'hello', oldest, newest, node, version, boot };
}

function readAgreements({ routers, omitted }: Fields): PeerMessage | undefined {
  if (!Array.isArray(routers) || routers.length > MAX_ROUTERS || !isCount(omitted)) return undefined;
  const read = routers.map(readAgreement).filter((each) => each !== undefined);
  return read.length === routers.length ? { type: 'agreement', routers: read, omitted } : undefined;
}

function readAgreement(value: unknown): Agreement | undefined {
  if (!isFields(value)) return undefined;
  const { name, vrid, version, advertIntervalMs, addresses, authentication } = value;
  if (!isWord(name) || !isCount(vrid) || !isCount(version) || !isCount(advertIntervalMs)) return undefined;
  if (!isWords(addresses) || !isToken(authentication)) return undefined;
  return { name, vrid, version, advertIntervalMs, addresses, authentication };
}

function readStanding(value: unknown): Standing | undefined {
  if (!isFields(value)) return undefined;
  const { router, state, priority, epoch, sinceMs, reason, held, maintenance, faults } = value;
  if (!isWord(router) || !isState(state) || !isFields(priority) || !isCount(epoch)) return undefined;
  const { configured, effective } = priority;
  // As far as a date can be written.
  if (!isCount(configured) || !isCount(effective) || !isCount(sinceMs) || sinceMs > 8.64e15) return undefined;
  if (!isToken(reason) || typeof held !== 'boolean' || typeof maintenance !== 'boolean') return undefined;
  if (!isWords(faults)) return undefined;
  return { router, state, priority: { configured, effective }, epoch, sinceMs, reason, held, maintenance, faults };
}

function readRequest({ method, router, epoch }: Fields): PeerRequest | undefined {
  return method === 'take-over' && isWord(router) && isCount(epoch) ? { method, router, epoch } : undefined;
}

function readAnswer(value: unknown): Answer | undefined {
  if (!isFields(value)) return undefined;
  if (value['ok'] === true) return { ok: true };
  return value['ok'] === false && isToken(value['why']) ? { ok: false, why: value['why'] } : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number, not negative. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Printable ASCII, as names and addresses are: it is shown on terminals. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_WORD && /^[\x20-\x7e]+$/u.test(value);
}

/** It goes into logs. */
function isToken(value: unknown): value is string {
  return isWord(value) && /^[a-z0-9-]+$/u.test(value);
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_ITEMS && value.every(isWord);
}

function isState(value: unknown): value is StateName {
  return value === 'initialize' || value === 'backup' || value === 'master' || value === 'fault';
}

// The transactions and objects of nf_tables (<linux/netfilter/nf_tables.h>): tables, sets of addresses, chains on a
// hook and rules, encoded. Numbers are big-endian here. Knows no policy: what is filtered is decided above.

import { concatenate, encodeAttribute, encodeText } from './attribute.js';
import { NLM_F_ACK, NLM_F_CREATE } from './constants.js';
import { NetlinkSocket, type BatchedRequest } from './netlink.js';
import type { SyscallResult } from './syscalls.js';

/** A change within a transaction. */
export type FilterChange = BatchedRequest;
/** One step of a rule; a rule goes on as long as its comparisons hold. */
export type RuleStep = Uint8Array;

/** A socket for transactions.
 *  @throws {BatonError<LinuxErrorCode>} when no socket can be had, as on a kernel without nfnetlink */
export function openFilterSocket(): NetlinkSocket {
  return new NetlinkSocket(NETLINK_NETFILTER);
}

/** Makes all changes at once, or none.
 *  @param changes at least one
 *  @returns the first refusal; -EOPNOTSUPP or -EINVAL where the kernel has no nf_tables */
export function commitFilterChanges(socket: NetlinkSocket, changes: readonly FilterChange[]): SyscallResult {
  const last = changes.length - 1;
  return socket.batch([
    { type: NFNL_MSG_BATCH_BEGIN, flags: 0, body: BATCH_HEADER },
    ...changes.map((change, index) => index === last ? { ...change, flags: change.flags | NLM_F_ACK } : change),
    { type: NFNL_MSG_BATCH_END, flags: 0, body: BATCH_HEADER },
  ]);
}

/** Makes a table for both IP versions; one that is there stays as it is. */
export function addTable(table: string): FilterChange {
  return encodeChange(NFT_MSG_NEWTABLE, NLM_F_CREATE, [text(NFTA_TABLE_NAME, table)]);
}

/** Removes a table with all that is in it. */
export function deleteTable(table: string): FilterChange {
  return encodeChange(NFT_MSG_DELTABLE, 0, [text(NFTA_TABLE_NAME, table)]);
}

/** Makes an empty set of addresses. */
export function addAddressSet(table: string, set: string, family: 4 | 6): FilterChange {
  return encodeChange(NFT_MSG_NEWSET, NLM_F_CREATE, [
    text(NFTA_SET_TABLE, table), text(NFTA_SET_NAME, set), number(NFTA_SET_FLAGS, 0),
    // The key type means nothing to the kernel; it lets `nft list` show addresses.
    number(NFTA_SET_KEY_TYPE, family === 4 ? TYPE_IPV4_ADDRESS : TYPE_IPV6_ADDRESS),
    number(NFTA_SET_KEY_LENGTH, family === 4 ? 4 : 16), number(NFTA_SET_ID, family),
  ]);
}

/** Puts addresses into a set.
 *  @param addresses at most 2,000: an attribute holds 64 KiB */
export function addSetAddresses(table: string, set: string, addresses: readonly Uint8Array[]): FilterChange {
  const keys = addresses.map((address) => nested(NFTA_SET_ELEMENT_KEY, [value(address)]));
  return encodeChange(NFT_MSG_NEWSETELEM, NLM_F_CREATE, [
    text(NFTA_SET_ELEMENTS_TABLE, table), text(NFTA_SET_ELEMENTS_SET, set),
    nested(NFTA_SET_ELEMENTS, keys.map((key) => nested(NFTA_LIST_ELEMENT, [key]))),
  ]);
}

/** Makes a chain that sees every packet for this host, with the policy to accept. */
export function addInputChain(table: string, chain: string): FilterChange {
  return encodeChange(NFT_MSG_NEWCHAIN, NLM_F_CREATE, [
    text(NFTA_CHAIN_TABLE, table), text(NFTA_CHAIN_NAME, chain),
    nested(NFTA_CHAIN_HOOK, [number(NFTA_HOOK_NUMBER, NF_INET_LOCAL_IN), number(NFTA_HOOK_PRIORITY, 0)]),
    number(NFTA_CHAIN_POLICY, NF_ACCEPT), text(NFTA_CHAIN_TYPE, 'filter'),
  ]);
}

/** Puts a rule at the end of a chain. */
export function appendRule(table: string, chain: string, steps: readonly RuleStep[]): FilterChange {
  return encodeChange(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [
    text(NFTA_RULE_TABLE, table), text(NFTA_RULE_CHAIN, chain), nested(NFTA_RULE_EXPRESSIONS, steps),
  ]);
}

/** Loads a fact about the packet: the IP version (one byte: 2 for IPv4, 10 for IPv6), the protocol above it (one byte),
 *  or the type of the interface it came in by (two bytes in the machine's order, <linux/if_arp.h>). */
export function loadFact(fact: keyof typeof FACTS): RuleStep {
  return expression('meta', [number(NFTA_META_DREG, REGISTER), number(NFTA_META_KEY, FACTS[fact])]);
}

/** Loads bytes of the packet. */
export function loadBytes(header: 'network' | 'transport', offset: number, length: number): RuleStep {
  return expression('payload', [
    number(NFTA_PAYLOAD_DREG, REGISTER), number(NFTA_PAYLOAD_BASE, header === 'network' ? 1 : 2),
    number(NFTA_PAYLOAD_OFFSET, offset), number(NFTA_PAYLOAD_LENGTH, length),
  ]);
}

/** Goes on when what was loaded last compares so with these bytes, as big-endian numbers. */
export function compare(operation: keyof typeof COMPARISONS, bytes: readonly number[]): RuleStep {
  return expression('cmp', [
    number(NFTA_CMP_SREG, REGISTER), number(NFTA_CMP_OPERATION, COMPARISONS[operation]),
    nested(NFTA_CMP_DATA, [value(Uint8Array.from(bytes))]),
  ]);
}

/** Goes on when what was loaded last is in a set of the same transaction, made by addAddressSet. */
export function lookUp(set: string, family: 4 | 6): RuleStep {
  return expression('lookup', [
    text(NFTA_LOOKUP_SET, set), number(NFTA_LOOKUP_SREG, REGISTER), number(NFTA_LOOKUP_SET_ID, family),
  ]);
}

/** Ends the rule: the packet is dropped for good, or passes this chain. */
export function decide(verdict: 'drop' | 'accept'): RuleStep {
  const code = number(NFTA_VERDICT_CODE, verdict === 'drop' ? NF_DROP : NF_ACCEPT);
  return expression('immediate', [
    number(NFTA_IMMEDIATE_DREG, VERDICT_REGISTER), nested(NFTA_IMMEDIATE_DATA, [nested(NFTA_DATA_VERDICT, [code])]),
  ]);
}

const NETLINK_NETFILTER = 12;
const NLM_F_APPEND = 0x800;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;
const NFPROTO_INET = 1;
const NF_INET_LOCAL_IN = 1;
const NF_DROP = 0;
const NF_ACCEPT = 1;
// struct nfgenmsg { family, version, resource id }: the batch names the subsystem there.
const BATCH_HEADER = Uint8Array.of(0, 0, 0, NFNL_SUBSYS_NFTABLES);

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;

const NFTA_LIST_ELEMENT = 1;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_TABLE_NAME = 1;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_NUMBER = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LENGTH = 5;
const NFTA_SET_ID = 10;
const NFTA_SET_ELEMENTS_TABLE = 1;
const NFTA_SET_ELEMENTS_SET = 2;
const NFTA_SET_ELEMENTS = 3;
const NFTA_SET_ELEMENT_KEY = 1;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_EXPRESSION_NAME = 1;
const NFTA_EXPRESSION_DATA = 2;
const NFTA_META_DREG = 1;
const NFTA_META_KEY = 2;
const NFTA_PAYLOAD_DREG = 1;
const NFTA_PAYLOAD_BASE = 2;
const NFTA_PAYLOAD_OFFSET = 3;
const NFTA_PAYLOAD_LENGTH = 4;
const NFTA_CMP_SREG = 1;
const NFTA_CMP_OPERATION = 2;
const NFTA_CMP_DATA = 3;
const NFTA_LOOKUP_SET = 1;
const NFTA_LOOKUP_SREG = 2;
const NFTA_LOOKUP_SET_ID = 4;
const NFTA_IMMEDIATE_DREG = 1;
const NFTA_IMMEDIATE_DATA = 2;

const VERDICT_REGISTER = 0;
// 16 bytes: whatever a rule loads fits, and is used before the next is loaded.
const REGISTER = 1;
const FACTS = { 'interface-type': 8, 'ip-version': 15, protocol: 16 } as const;
const COMPARISONS = { equal: 0, 'at-most': 3, 'at-least': 5 } as const;
// Numbers of the types in nft, which shows sets by them.
const TYPE_IPV4_ADDRESS = 7;
const TYPE_IPV6_ADDRESS = 8;

function encodeChange(message: number, flags: number, attributes: readonly Uint8Array[]): FilterChange {
  const header = Uint8Array.of(NFPROTO_INET, 0, 0, 0);
  return { type: (NFNL_SUBSYS_NFTABLES << 8) | message, flags, body: concatenate([header, ...attributes]) };
}

function expression(name: string, attributes: readonly Uint8Array[]): RuleStep {
  return nested(NFTA_LIST_ELEMENT, [text(NFTA_EXPRESSION_NAME, name), nested(NFTA_EXPRESSION_DATA, attributes)]);
}

function value(bytes: Uint8Array): Uint8Array {
  return encodeAttribute(NFTA_DATA_VALUE, bytes);
}

function text(type: number, content: string): Uint8Array {
  return encodeAttribute(type, encodeText(content));
}

function number(type: number, content: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, content);
  return encodeAttribute(type, bytes);
}

/** An attribute of attributes, marked as such. */
function nested(type: number, attributes: readonly Uint8Array[]): Uint8Array {
  return encodeAttribute(0x8000 | type, concatenate(attributes));
}

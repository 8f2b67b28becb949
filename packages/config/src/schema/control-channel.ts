// The vocabulary of the control channel between the nodes: where it listens, and how the nodes prove who they are.

import { formatAddress, parseAddress, type IpAddress } from '@baton/base';
import { quote } from '../findings.js';
import { optional, record, required } from './collections.js';
import { orNull } from './combinations.js';
import { CONTROL_CHANNEL_PORT } from './peer.js';
import { path } from './plain-values.js';
import { refuse, refuseType, type ValueType } from './value-type.js';

/** Where a socket listens. */
export interface Endpoint {
  readonly address: IpAddress;
  /** 1–65535. */
  readonly port: number;
}

/** `10.0.0.11:8512`, `[2001:db8::1]:8512`; the port may be left out. */
const endpoint: ValueType<Endpoint> = {
  allowed: 'an IP address with a port such as 10.0.0.11:8512 or [2001:db8::11]:8512', short: 'address:port',
  perNode: true, jsonSchema: { type: 'string' },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, this.allowed);
    const parsed = parseEndpoint(node.value);
    if (parsed !== undefined) return parsed;
    return refuse(node, key, reading, 'wrong-address', `must be ${this.allowed}, not ${quote(node.value)}`);
  },
};

function parseEndpoint(text: string): Endpoint | undefined {
  const whole = parseAddress(text);
  if (whole !== undefined) return { address: formatAddress(whole), port: CONTROL_CHANNEL_PORT };
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::([1-9]\d{0,4}))?$/u.exec(text);
  const bytes = parseAddress(parts?.[1] ?? parts?.[2] ?? '');
  const port = Number(parts?.[3] ?? CONTROL_CHANNEL_PORT);
  return bytes === undefined || port > 65_535 ? undefined : { address: formatAddress(bytes), port };
}

const tls = record({
  certificate: required(
    path, 'Certificate of this node, PEM, with its chain; a DNS name in it is the name of the node',
  ),
  key: required(path, 'Its private key, PEM, in a file which others cannot read'),
  ca: required(path, 'The authority that signed the certificates of the peers, PEM'),
});

/** The control channel, or null for none. */
export const controlChannel = orNull(record({
  listen: optional(
    endpoint,
    `Address and port that it listens on and connects from; port ${String(CONTROL_CHANNEL_PORT)} on the address that `
    + 'routes to all peers when absent, or on all addresses when there is no such',
  ),
  pre_shared_key_file: optional(path, 'A file with the key that all nodes share, which others cannot read; made by '
    + '`baton keygen`'),
  tls: optional(tls, 'Certificates instead of a key'),
}));

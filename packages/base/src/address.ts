// IP addresses as canonical text (RFC 5952 for IPv6), their bytes, and the one order in which routers compare them.
// Pure: knows no socket and no interface.

/** An IPv4 or IPv6 address in canonical text, without prefix length or zone: `192.0.2.10`, `2001:db8::10`. */
export type IpAddress = string;

/** An address with its prefix length, as configured and as the kernel installs it. */
export interface AddressPrefix {
  readonly address: IpAddress;
  /** 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefixLength: number;
}

/** The family of a canonical address: 6 when it holds a colon. */
export function addressFamily(address: IpAddress): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** Reads an address in any accepted spelling.
 *   @returns 4 or 16 bytes in network order, or undefined when the text is no address (zones, leading zeros and
 *  ports are refused) */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Writes 4 or 16 bytes as canonical text (RFC 5952 §4: lower case, the longest run of two or more zero groups
 *  shortened). */
export function formatAddress(bytes: Uint8Array): IpAddress {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

/** The bytes of an address that is already canonical.
 *  @throws {RangeError} when it is not an address: callers hold only validated addresses */
export function addressBytes(address: IpAddress): Uint8Array {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new RangeError(`not an IP address: ${address}`);
  return bytes;
}

/** Compares two addresses of one family as unsigned numbers in network order (RFC 9568 §6.4.3).
 *  @returns negative, zero or positive as `a` is lower than, equal to or higher than `b` */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  const left = addressBytes(a);
  const right = addressBytes(b);
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Reads `address/length`; a missing length means a host address (/32, /128).
 *  @returns the prefix with its address canonical, or undefined when either part is wrong */
export function parseAddressPrefix(text: string): AddressPrefix | undefined {
  const [addressText, lengthText, ...rest] = text.split('/');
  if (addressText === undefined || rest.length > 0) return undefined;
  const bytes = parseAddress(addressText);
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  if (lengthText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const prefixLength = lengthText === undefined ? bits : Number(lengthText);
  return prefixLength > bits ? undefined : { address: formatAddress(bytes), prefixLength };
}

/** Writes a prefix as `address/length`. */
export function formatAddressPrefix(prefix: AddressPrefix): string {
  return `${prefix.address}/${String(prefix.prefixLength)}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted quad counts as two groups where the address ends (RFC 4291 §2.2). */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && endsAddress && index === parts.length - 1) {
      const quad = parseIpv4(part);
      if (quad === undefined) return undefined;
      groups.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function formatIpv6(bytes: Uint8Array): IpAddress {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  let run = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > run.length) run = { start, length };
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return run.start < 0
    ? text(groups)
    : `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

// The names that operators give to things, and what each may look like.

import { text } from './plain-values.js';

/** What the name of a node or of a virtual router looks like. */
export const NAME_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;

/** Name of a node or of a virtual router. */
export const name = text(NAME_PATTERN, 'a name of 1 to 64 letters, digits, dots, underscores or dashes', 'name');

/** Name of a network interface as the kernel allows it. */
export const interfaceName = text(
  /^(?!\.{1,2}$)[^\s/:\0]{1,15}$/, 'an interface name of 1 to 15 characters without spaces, slashes and colons',
  'interface',
);

/** Label of an IPv4 address. */
export const addressLabel = text(
  /^[^\s/\0]{1,15}$/, 'an address label of 1 to 15 characters such as eth0:web', 'label',
);

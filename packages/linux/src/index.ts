// System calls of Linux as functions on bytes, netlink, and what a process may ask for itself.
// Knows no VRRP and decides nothing; every failure of a system call is a value.

// --- for users: processes ---
export { lockFile, type FileLock } from './lock.js';
export { dropInheritableCapabilities, useRealTimeScheduling } from './process.js';
export { notifyService } from './service-notify.js';

// --- for other packages: sockets and netlink ---
export {
  AF_INET, AF_PACKET, IPPROTO_IP, IP_ADD_MEMBERSHIP, IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL, IP_TOS, IP_TTL, NETLINK_ROUTE, SOCK_RAW, SOL_SOCKET, SO_BINDTODEVICE, SO_PRIORITY, SO_RCVBUF,
  SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE,
} from './constants.js';
export { findSockets, openPipe, setCloseOnExec, type Pipe } from './descriptor.js';
export { EACCES, EADDRNOTAVAIL, EAGAIN, EEXIST, ENODEV, EPERM, asOutcome, errnoName, type Outcome } from './errno.js';
export {
  NetlinkMonitor, NetlinkSocket, decodeAttributes, encodeAttribute, netlinkFailure,
  type LinuxErrorCode, type NetlinkAnswer, type NetlinkMessage, type NetlinkNews,
} from './netlink.js';
export {
  RTM_DELLINK, RTM_NEWLINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_LINK, addAddress, ADDRESS_PROTOCOL,
  decodeAddress, decodeLink, deleteAddress, openRouteSocket, promoteSecondaries, readAddresses, readLink, readLinks,
  restoreAddress,
  type AddressRequest, type InterfaceAddress, type Link,
} from './route.js';
export { encodeInternetAddress, encodeLinkAddress, encodeMulticastRequest } from './socket-address.js';
export {
  bindSocket, closeDescriptor, getSocketOption, interfaceIndex, openSocket, receive, sendTo, setSocketOption,
  watchReadable,
  type SyscallResult, type Watch,
} from './syscalls.js';

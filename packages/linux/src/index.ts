// System calls of Linux as functions on bytes, netlink, and what a process may ask for itself.
// Knows no VRRP and decides nothing; every failure of a system call is a value.

// --- for users: processes ---
export { makeDirectories } from './directory.js';
export { lockFile, type FileLock } from './lock.js';
export { lockName, type NameHolder, type NameLock } from './name-lock.js';
export { dropInheritableCapabilities, useRealTimeScheduling } from './process.js';
export { notifyService } from './service-notify.js';

// --- for other packages: sockets and netlink ---
export { decodeAttributes, encodeAttribute } from './attribute.js';
export {
  AF_INET, AF_INET6, AF_PACKET, IPPROTO_IP, IPPROTO_IPV6, IPV6_JOIN_GROUP, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP, IPV6_RECVHOPLIMIT, IPV6_RECVPKTINFO, IPV6_TCLASS, IPV6_UNICAST_HOPS, IP_ADD_MEMBERSHIP,
  IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_TOS, IP_TTL, NETLINK_ROUTE, SOCK_RAW,
  SOL_SOCKET, SO_BINDTODEVICE, SO_PRIORITY, SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE,
} from './constants.js';
export { decodeArrival, encodeIpv4Source, encodeIpv6Source, type Arrival } from './control-message.js';
export { findSockets, openPipe, setCloseOnExec, type Pipe } from './descriptor.js';
export {
  EACCES, EADDRNOTAVAIL, EAGAIN, EEXIST, EINVAL, ENODEV, EPERM, ESRCH, asOutcome, errnoName, type Outcome,
} from './errno.js';
export {
  createMacvlan, deleteLink, readAllLinkDetails, readLinkDetails, setIpv4Settings, setLinkAlias, switchLink,
  type Ipv4Settings, type LinkDetails, type MacvlanMode, type MacvlanRequest,
} from './macvlan.js';
export {
  NetlinkMonitor, NetlinkSocket, netlinkFailure,
  type BatchedRequest, type LinuxErrorCode, type NetlinkAnswer, type NetlinkMessage, type NetlinkNews,
} from './netlink.js';
export {
  addAddressSet, addInputChain, addSetAddresses, addTable, appendRule, commitFilterChanges, compare, decide,
  deleteTable, loadBytes, loadFact, lookUp, openFilterSocket,
  type FilterChange, type RuleStep,
} from './nftables.js';
export {
  RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_LINK, addAddress,
  ADDRESS_PROTOCOL, decodeAddress, decodeLink, deleteAddress, openRouteSocket, promoteSecondaries, readAddresses,
  readLink, readLinkIndex, readLinks, renewAddress, restoreAddress,
  type AddressRequest, type InterfaceAddress, type Link,
} from './route.js';
export {
  INTERNET6_ADDRESS_BYTES, decodeInternet6Address, encodeInternet6Address, encodeInternetAddress, encodeLinkAddress,
  encodeMulticastRequest, encodeMulticastRequest6,
} from './socket-address.js';
export {
  bindSocket, closeDescriptor, getSocketOption, interfaceIndex, openSocket, receive, receiveMessage, sendMessage,
  sendTo, setSocketOption, watchReadable,
  type ReceivedMessage, type SyscallResult, type Watch,
} from './syscalls.js';
export {
  ROUTE_PROTOCOL, addRoute, deleteRoute, readRoutesMarked, readRoutesOfTable, type RouteRequest, type UnicastRoute,
} from './unicast-route.js';

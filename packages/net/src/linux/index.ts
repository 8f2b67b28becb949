// The ports of @baton/net on Linux. Each works on the network namespace of the process that opens it.

// --- for users ---
export { openPacketIo } from './transport.js';
export { openAddressOwner } from './address-owner.js';
export { openAnnouncer } from './announcer.js';
export { openLinkMonitor } from './link-monitor.js';
export { openRouteOwner } from './route-owner.js';
export { openTrafficFilter } from './traffic-filter.js';
export { openVirtualLinks } from './virtual-links.js';
export type { LinkReadFailure } from './watched-links.js';
export { missingCapabilities } from './capabilities.js';
export { startObserver, type Observer } from './observer.js';
export type { Evidence } from './observer-messages.js';

// Answers datagrams sent to a virtual IP with the same bytes and this node's name: the service behind the address.
// Runs in a namespace. It binds the virtual IPs themselves, so it hears something only while the kernel of this host
// owns them. Arguments: NAME PORT ADDRESS…

import { createSocket } from 'node:dgram';

const [name = '', port = '', ...addresses] = process.argv.slice(2);
const tag = Buffer.from(name);

for (const address of addresses) {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, callback) => { callback(null, host, 4); } });
  socket.on('message', (datagram, from) => {
    // An answer that cannot leave is one the client misses: that is the measurement.
    socket.send([datagram, tag], from.port, from.address, () => undefined);
  });
  socket.bind(Number(port), address, () => { process.send?.({ type: 'ready' }); });
}
process.on('disconnect', () => { process.exit(0); });

import { describe, expect, test } from '@jest/globals';

import { encodeArpRequest, readSighting } from './sightings.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const ethernet = (type: string): string => `01005e000012 020000000001 ${type}`;
const ipv4 = (protocol: string): string => `45c0 0020 0001 0000 ff${protocol} 0000 0a090001 e0000012`;

describe('frames that the observer understands', () => {
  test('an advertisement shows who sent it and with what priority', () => {
    expect(readSighting(bytes(`${ethernet('0800')} ${ipv4('70')} 31 33 fe 01 0064 0000 0a090064`), 5)).toEqual({
      kind: 'advertisement', at: 5, source: '10.9.0.1', mac: '02:00:00:00:00:01',
      ttl: 255, version: 3, vrid: 51, priority: 254,
    });
  });

  test('options in the IP header move the advertisement', () => {
    const header = ipv4('70').replace('45c0', '46c0');
    const frame = bytes(`${ethernet('0800')} ${header} 94040000 31 07 00 01 0064 0000`);
    expect(readSighting(frame, 5)).toMatchObject({ vrid: 7, priority: 0 });
  });

  test('an announcement is an ARP packet whose sender asks for itself', () => {
    const head = 'ffffffffffff 020000000002 0806 0001 0800 06 04 0001';
    const arp = bytes(`${head} 020000000002 0a090064 000000000000 0a090064`);
    expect(readSighting(arp, 1)).toEqual({
      kind: 'arp', at: 1, operation: 'request', sender: '10.9.0.100', senderMac: '02:00:00:00:00:02',
      target: '10.9.0.100', gratuitous: true,
    });
  });

  test('the question that the lab asks reads back as a request that announces nothing', () => {
    const frame = encodeArpRequest('02:00:00:00:00:0b', Uint8Array.of(10, 9, 0, 11), Uint8Array.of(10, 9, 0, 100));
    expect(readSighting(frame, 1))
      .toMatchObject({ operation: 'request', sender: '10.9.0.11', target: '10.9.0.100', gratuitous: false });
  });

  test.each([
    ['another protocol', `${ethernet('0800')} ${ipv4('11')} 31 33 fe 01 0064 0000`],
    ['another ethertype', `${ethernet('86dd')} ${ipv4('70')} 31 33 fe 01 0064 0000`],
    ['a frame cut inside the advertisement', `${ethernet('0800')} ${ipv4('70')} 31 33 fe`],
    ['a frame cut inside the Ethernet header', 'ffff'],
    ['a frame cut inside ARP', `${ethernet('0806')} 0001 0800`],
  ])('%s is no sighting', (_name, hex) => {
    expect(readSighting(bytes(hex), 1)).toBeUndefined();
  });
});

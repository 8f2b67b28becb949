import { constants } from 'node:os';

import { expect, test } from '@jest/globals';

import { socketFailure } from './socket-failure.js';

const { EACCES, EMFILE, ENFILE, ENOBUFS, EPERM } = constants.errno;

test.each([EPERM, EACCES])('errno %i is a privilege that is missing, with the remedy', (errno) => {
  expect(socketFailure('a raw socket', -errno)).toMatchObject({
    code: 'ERR_NET_RAW_SOCKET_DENIED', hint: 'grant CAP_NET_RAW to the service',
  });
});

test.each([EMFILE, ENFILE, ENOBUFS])('errno %i is no question of privileges', (errno) => {
  expect(socketFailure('a raw socket', -errno)).toMatchObject({ code: 'ERR_NET_SOCKET_FAILED', hint: undefined });
});

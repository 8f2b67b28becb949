// What this process may do, and how urgently: real-time scheduling, and capabilities that its children must not get.

import {
  LINUX_CAPABILITY_VERSION_3, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, SCHED_RESET_ON_FORK, SCHED_RR,
} from './constants.js';
import { type Outcome, asOutcome } from './errno.js';
import { controlProcess, readCapabilities, setScheduler, writeCapabilities } from './syscalls.js';

/** Puts the thread that runs JavaScript under SCHED_RR; its children start under the normal class.
 *  @param priority 1–99, higher runs first
 *  @returns EPERM without CAP_SYS_NICE or a sufficient RLIMIT_RTPRIO */
export function useRealTimeScheduling(priority: number): Outcome {
  return asOutcome(setScheduler(SCHED_RR | SCHED_RESET_ON_FORK, priority));
}

/** Keeps programs that this process starts from inheriting its capabilities: clears the ambient and the inheritable
 *  set. What the process itself may do stays. Programs started by user id 0 get root's powers from the kernel all the
 *  same. */
export function dropInheritableCapabilities(): Outcome {
  const cleared = controlProcess(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  if (cleared < 0) return asOutcome(cleared);
  // struct __user_cap_header_struct { version, pid } and struct __user_cap_data_struct { effective, permitted,
  // inheritable } × 2
  const header = new Uint8Array(Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0).buffer);
  const sets = new Uint32Array(6);
  const data = new Uint8Array(sets.buffer);
  const read = readCapabilities(header, data);
  if (read < 0) return asOutcome(read);
  sets[2] = 0;
  sets[5] = 0;
  return asOutcome(writeCapabilities(header, data));
}

// What can go wrong in the lab, as a closed set of codes.

/** Codes of the errors that the lab throws. */
export type LabErrorCode =
  | 'ERR_LAB_COMMAND_FAILED' | 'ERR_LAB_DEADLINE' | 'ERR_LAB_NOT_INSIDE' | 'ERR_LAB_PROCESS_ENDED'
  | 'ERR_LAB_UNKNOWN_HOST';

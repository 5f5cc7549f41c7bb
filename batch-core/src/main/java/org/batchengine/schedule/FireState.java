package org.batchengine.schedule;

/** What has become of a fire of a schedule. */
public enum FireState {
  /** Its batch is to be submitted. */
  DUE,
  /** Its batch was submitted. */
  SUBMITTED,
  /** It was over a minute late, and the schedule leaves such fires out. */
  MISSED,
  /** The batch of the last fire had not ended, or too many were waiting. */
  SKIPPED,
  /** Its batch could not be submitted, ten times. */
  FAILED
}

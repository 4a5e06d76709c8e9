import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";

/** The first and the last second that a Timestamp can hold: in the years 1 and 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const FIRST_MS = Number(FIRST_SECOND) * 1_000;
const LAST_MS = Number(LAST_SECOND) * 1_000 + 999;

/** Bounds a time to what a Timestamp can hold. NaN becomes the epoch: a bad stored value must not prevent an answer. */
const bounded = (ms: number): number =>
  Number.isNaN(ms) ? 0 : Math.round(Math.min(Math.max(ms, FIRST_MS), LAST_MS));

/** Whether a Timestamp keeps its own rules. */
export const isTime = ({ seconds, nanos }: Timestamp): boolean =>
  seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos <= 999_999_999;

/** Reads an incoming time, as the nearest millisecond since the epoch that `timestampOf` can write. */
export const timeMs = (timestamp: Timestamp): number => bounded(timestampMs(timestamp));

/** Writes an outgoing time, as the nearest one that a Timestamp can hold. */
export const timestampOf = (ms: number): Timestamp => timestampFromMs(bounded(ms));

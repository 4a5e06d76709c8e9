import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";

/** The first and the last time that a Timestamp can be written as: in the years 1 and 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const FIRST_MS = Number(FIRST_SECOND) * 1_000;
const LAST_MS = Number(LAST_SECOND) * 1_000 + 999;

/** What is no number is the epoch: no stored value may keep what holds it from being answered. */
const bounded = (ms: number): number =>
  Number.isNaN(ms) ? 0 : Math.round(Math.min(Math.max(ms, FIRST_MS), LAST_MS));

/** Whether a Timestamp is one that can be written, as its own rules say. */
export const isTime = ({ seconds, nanos }: Timestamp): boolean =>
  seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos <= 999_999_999;

/** A time that came in, as the nearest millisecond since the epoch that `timestampOf` can write. */
export const timeMs = (timestamp: Timestamp): number => bounded(timestampMs(timestamp));

/** A time that goes out, the nearest one that a Timestamp can hold. */
export const timestampOf = (ms: number): Timestamp => timestampFromMs(bounded(ms));

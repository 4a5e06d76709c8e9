import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

/** Formats a time for people, to the second, in UTC. */
export const timeText = (time: Date | Timestamp | undefined): string | undefined => {
  if (time === undefined) return undefined;
  const date = time instanceof Date ? time : timestampDate(time);
  return `${date.toISOString().slice(0, 19).replace("T", " ")}Z`;
};

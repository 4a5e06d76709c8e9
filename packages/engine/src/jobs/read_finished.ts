import type { JobId, JobState } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asHash, asList, asText, unexpectedReply } from "../redis/reply.ts";
import type { FinishedRead, JobRecord } from "./contract.ts";
import { jobRecord, type StoredJob } from "./job-record.ts";

export interface ReadFinishedRequest {
  readonly ids: readonly JobId[];
}

export const readFinished = defineScript<ReadFinishedRequest, readonly FinishedRead[]>(
  import.meta.url,
  {
    name: "read_finished",
    argv: [],
    perItem: ["id"],
    encode: ({ ids }) => [...ids],
    decode: (reply, { ids }) => asList(reply).map((one, index) => toRead(one, ids[index] as JobId)),
  },
);

function toRead(reply: unknown, id: JobId): FinishedRead {
  const [word, state, flat] = asList(reply);
  if (word === "UNFINISHED") return { kind: "unfinished" };
  if (word === "NONE") return { kind: "notFound" };
  if (word !== "FINISHED") return unexpectedReply("read_finished", reply);
  return { kind: "finished", job: finishedJob(id, state, flat) };
}

/** Reads a finished job from a reply: its state and its fields. */
export function finishedJob(id: JobId, state: unknown, fields: unknown): JobRecord {
  const stored: StoredJob = asHash(fields);
  return jobRecord(id, asText(state) as JobState, stored);
}

import type { JobId, JobState } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asText, asTextOrNull, unexpectedReply } from "../redis/reply.ts";
import type { FinishedRead } from "./contract.ts";
import { jobRecord } from "./job-record.ts";

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
  const [word, state, ...fields] = asList(reply);
  if (word === "UNFINISHED") return { kind: "unfinished" };
  if (word === "NONE") return { kind: "notFound" };
  if (word !== "FINISHED") return unexpectedReply("read_finished", reply);
  const [
    spec,
    atm,
    oo,
    stc,
    bnc,
    use,
    fail,
    failedReason,
    processedOn,
    pb,
    finishedOn,
    returnvalue,
  ] = fields.map(asTextOrNull);
  const stored = { spec, atm, oo, stc, bnc, use, fail, failedReason, processedOn, pb };
  const job = jobRecord(id, asText(state) as JobState, { ...stored, finishedOn, returnvalue });
  return { kind: "finished", job };
}

import { parseJobId } from "@millrace/shared";
import { parseUsage } from "../jobs/stored-usage.ts";
import { defineScript } from "../redis/define-script.ts";
import { modelOfLanePool } from "../redis/keys.ts";
import { asOptionalNumber, asText, rows } from "../redis/reply.ts";
import type { PastRun } from "./contract.ts";

/** Jobs of plain BullMQ have no API key, and are left out. */
export const readRuns = defineScript<{ readonly most: number }, readonly PastRun[]>(
  import.meta.url,
  {
    name: "read_runs",
    argv: ["most"],
    encode: ({ most }) => [most],
    decode: (reply) =>
      rows(reply, 6).flatMap(([id, type, lane, started, finished, usage]) => {
        const parts = parseJobId(asText(id));
        const startedMs = asOptionalNumber(started);
        const finishedMs = asOptionalNumber(finished);
        if (parts === undefined || startedMs === undefined || finishedMs === undefined) return [];
        const model = modelOfLanePool(asText(lane).split("|")[2] ?? "");
        const { inputTokens = 0, outputTokens = 0 } = parseUsage(asText(usage)) ?? {};
        return {
          ...{ keyId: parts.keyId, type: asText(type), inputTokens, outputTokens },
          runMs: Math.max(0, finishedMs - startedMs),
          ...(model === undefined ? {} : { model }),
        };
      }),
  },
);

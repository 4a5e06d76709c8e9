import type { ScheduleId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";
import type { ScheduleRecord } from "./contract.ts";
import { scheduleRecord } from "./schedule-record.ts";

export const readSchedules = defineScript<
  { readonly ids: readonly ScheduleId[] },
  readonly (ScheduleRecord | undefined)[]
>(import.meta.url, {
  name: "read_schedules",
  argv: [],
  perItem: ["id"],
  encode: ({ ids }) => [...ids],
  decode: (reply, { ids }) =>
    asList(reply).map((one, index) => {
      const [hash, unfinished] = asList(one);
      return scheduleRecord(ids[index] as ScheduleId, hash, unfinished);
    }),
});

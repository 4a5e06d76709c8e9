import type { ScheduleId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList } from "../redis/reply.ts";

/** Returns whether there was such a schedule. */
export const deleteSchedule = defineScript<{ readonly id: ScheduleId }, boolean>(import.meta.url, {
  name: "delete_schedule",
  argv: ["id"],
  encode: ({ id }) => [id],
  decode: (reply) => asList(reply)[0] === "OK",
});

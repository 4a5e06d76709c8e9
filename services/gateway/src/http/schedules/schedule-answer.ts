import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ScheduleSchema } from "@millrace/proto/schedule";
import type { HttpAnswer } from "@millrace/runtime";
import { scheduleJson } from "../../messages/schedule-json.ts";

export const jsonHeaders = {
  "content-type": "application/json",
  "cache-control": "no-store",
} as const;

/** A handler's reply. */
interface Reply {
  readonly schedule?: MessageInitShape<typeof ScheduleSchema> | undefined;
}

/** Answers with a reply's schedule. */
export const scheduleAnswer = (reply: Reply): HttpAnswer => ({
  status: 200,
  headers: jsonHeaders,
  body: scheduleJson(create(ScheduleSchema, reply.schedule)),
});

/** Answers with a reply's schedule and its warnings. */
export function storedAnswer(
  reply: Reply & { readonly warnings?: readonly string[] | undefined },
  status: number,
): HttpAnswer {
  const schedule = create(ScheduleSchema, reply.schedule);
  return {
    status,
    headers: { ...jsonHeaders, location: `/v1/schedules/${schedule.id}` },
    body: `{"schedule":${scheduleJson(schedule)},"warnings":${JSON.stringify(reply.warnings ?? [])}}`,
  };
}

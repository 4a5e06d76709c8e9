import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ScheduleSchema } from "@millrace/proto/schedule";
import type { HttpAnswer } from "@millrace/runtime";
import { scheduleJson } from "../../messages/schedule-json.ts";
import { jsonAnswer } from "../json-answer.ts";

/** A handler's reply. */
interface Reply {
  readonly schedule?: MessageInitShape<typeof ScheduleSchema> | undefined;
}

/** Answers with a reply's schedule. */
export const scheduleAnswer = (reply: Reply): HttpAnswer =>
  jsonAnswer(200, scheduleJson(create(ScheduleSchema, reply.schedule)));

/** Answers with a reply's schedule and its warnings. */
export function storedAnswer(
  reply: Reply & { readonly warnings?: readonly string[] | undefined },
  status: number,
): HttpAnswer {
  const schedule = create(ScheduleSchema, reply.schedule);
  const warnings = JSON.stringify(reply.warnings ?? []);
  const body = `{"schedule":${scheduleJson(schedule)},"warnings":${warnings}}`;
  return jsonAnswer(status, body, { location: `/v1/schedules/${schedule.id}` });
}

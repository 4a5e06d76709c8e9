import type { Schedule as ScheduleMessage } from "@millrace/proto/schedule";
import { ScheduleService } from "@millrace/proto/schedule-service";
import type { Connection } from "./connection.ts";
import type { Millrace } from "./millrace.ts";
import { asking, required } from "./retrying.ts";
import { type Schedule, type StoredSchedule, scheduleOf, scheduleSpecOf } from "./schedule.ts";

type ScheduleCalls = Pick<Millrace, "schedules">;

interface Stored {
  readonly schedule?: ScheduleMessage | undefined;
  readonly warnings: readonly string[];
}

const storedOf = ({ schedule, warnings }: Stored): StoredSchedule => ({
  ...scheduleOf(required(schedule)),
  warnings,
});

export function scheduleCalls(connection: Connection): ScheduleCalls {
  const { method } = ScheduleService;
  const ask = asking(connection);
  return {
    schedules: {
      async create(schedule, call = {}) {
        const spec = scheduleSpecOf(schedule);
        return storedOf(await ask(method.createSchedule, { spec }, call));
      },
      async get(scheduleId, call = {}) {
        const { schedule } = await ask(method.getSchedule, { scheduleId }, call);
        return scheduleOf(required(schedule));
      },
      async *list({ queue, pageSize = 0 }, call = {}): AsyncGenerator<Schedule> {
        let pageToken = "";
        do {
          const page = await ask(method.listSchedules, { queue, pageSize, pageToken }, call);
          for (const schedule of page.schedules) yield scheduleOf(schedule);
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
      },
      async update(scheduleId, changes, call = {}) {
        const request = { scheduleId, changes: scheduleSpecOf(changes) };
        return storedOf(await ask(method.updateSchedule, request, call));
      },
      async pause(scheduleId, { note = "", ...call } = {}) {
        const { schedule } = await ask(method.pauseSchedule, { scheduleId, note }, call);
        return scheduleOf(required(schedule));
      },
      async resume(scheduleId, call = {}) {
        const { schedule } = await ask(method.resumeSchedule, { scheduleId }, call);
        return scheduleOf(required(schedule));
      },
      // These are made once: a repeated call would run it twice, or find nothing to delete.
      async runNow(scheduleId, call = {}) {
        const deadlineAtMs = connection.deadlineAtMs(call);
        await connection.ready(deadlineAtMs);
        const request = { scheduleId };
        const made = await connection.unary(
          ...([method.runScheduleNow, request, deadlineAtMs, call.signal] as const),
        );
        return { jobId: made.jobId };
      },
      async delete(scheduleId, call = {}) {
        const deadlineAtMs = connection.deadlineAtMs(call);
        await connection.ready(deadlineAtMs);
        const request = { scheduleId };
        await connection.unary(
          ...([method.deleteSchedule, request, deadlineAtMs, call.signal] as const),
        );
      },
    },
  };
}

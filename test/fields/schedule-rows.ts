/** The fields of schedules that a way does not carry, or that another test proves, each with the reason. */
import type { Row } from "./ledger.ts";

const both = (name: string, end: "request" | "response") =>
  ["ScheduleService", "SchedulerService"].map((service) => `${service}.${name} ${end}`);

/** The places of a schedule, and of a spec, in the messages that have one. */
const shown: Readonly<Record<string, readonly string[]>> = {
  "schedule.": [
    ...["ScheduleService.CreateSchedule response", "ScheduleService.UpdateSchedule response"],
    ...both("GetSchedule", "response"),
    ...both("PauseSchedule", "response"),
    "ResumeSchedule response",
  ],
  "reply.schedule.": [
    ...["SchedulerService.CreateSchedule response", "SchedulerService.UpdateSchedule response"],
  ],
  "schedules.": ["ScheduleService.ListSchedules response"],
  "page.schedules.": ["SchedulerService.ListSchedules response"],
};
const specs: Readonly<Record<string, readonly string[]>> = {
  "spec.": both("CreateSchedule", "request"),
  "changes.": ["ScheduleService.UpdateSchedule request"],
  "update.changes.": ["SchedulerService.UpdateSchedule request"],
  "configuration.schedules.spec.": ["ApplyConfiguration request"],
  ...Object.fromEntries(Object.entries(shown).map(([prefix, ways]) => [`${prefix}spec.`, ways])),
  "schedules.spec.": ["configuration file", ...(shown["schedules."] ?? [])],
};

const ofOneJob = [
  ...["run_at", "expires_at", "deadline", "idempotency_key", "traceparent", "tracestate"],
  ...["deduplication", "group_id"],
];
const within = (prefix: string, names: readonly string[]) => names.map((name) => prefix + name);

export const scheduleRows: readonly Row[] = [
  ...Object.entries(specs).flatMap(([prefix, ways]): Row[] => [
    {
      ways,
      paths: within(`${prefix}job.`, [...ofOneJob, "payload_struct"]),
      why: "refused: it belongs to one job, and a schedule submits many; the payload is kept as JSON text",
      provedIn: "packages/runtime/src/check-scheduled-job.test.ts",
    },
  ]),
  ...Object.entries(shown).map(([prefix, ways]) => ({
    ways,
    paths: within(prefix, [
      ...["buffered_due_time", "last_due_time", "last_job_id", "runs", "skipped", "missed"],
      "failure",
    ]),
    why: "a new schedule has had no run",
    provedIn: "services/scheduler/src/messages/schedule-message.test.ts",
  })),
  ...Object.entries(shown).map(([prefix, ways]) => ({
    ways: ways.filter((way) => !way.includes("PauseSchedule")),
    paths: within(prefix, ["paused", "pause_note"]),
    why: "the schedule is not paused",
    provedIn: "services/scheduler/src/messages/schedule-message.test.ts",
  })),
  {
    ways: both("PauseSchedule", "response"),
    paths: ["schedule.next_times"],
    why: "a paused schedule is not due",
  },
  {
    ways: ["ScheduleService.UpdateSchedule request"],
    paths: ["changes.name", "changes.job.queue"],
    why: "name and queue cannot change",
  },
  {
    ways: ["SchedulerService.UpdateSchedule request"],
    paths: ["update.changes.name", "update.changes.job.queue"],
    why: "name and queue cannot change",
  },
  ...(
    [
      [
        "job.",
        ["SubmitJob response", "GetJob response", "WatchJob response", "CancelJob response"],
      ],
      ["job.", ["Cancel response", "HTTP GET /v1/jobs/{id}/events", "client watch"]],
      ["job.", ["millrace watch", "millrace dead-letters list", "millrace dead-letters show"]],
      ["jobs.", ["Submit response", "WatchFinished response", "GetJobs response"]],
      ["jobs.", ["ListJobs response", "HTTP GET /v1/jobs"]],
      ["page.jobs.", ["List response"]],
      ["event.job.", ["Watch response", "AdminService.WatchJob response"]],
      ["job.", ["AdminService.GetJob response", "AdminService.CancelJob response"]],
      ["jobs.", ["AdminService.ListJobs response"]],
      ["finished.", ["SubmitStream response"]],
      ["dead_letters.job.", ["ListDeadLetters response"]],
      ["dead_letter.job.", ["GetDeadLetter response"]],
      ["", ["HTTP POST /v1/jobs answer", "HTTP GET /v1/jobs/{id}", "HTTP DELETE /v1/jobs/{id}"]],
      ["explanation.", ["Explain response", "AdminService.ExplainJob response"]],
      ["", ["ExplainJob response", "HTTP GET /v1/jobs/{id}/explain"]],
      ["", ["client explain", "millrace explain"]],
      ["", ["client getJob", "client list", "client wait", "client cancel"]],
      ["", ["millrace get", "millrace list", "millrace cancel", "worker SDK assignment"]],
      ["", ["millrace jobs get", "millrace jobs list"]],
    ] as const
  ).map(([prefix, ways]) => ({
    ways,
    paths: within(prefix, ["schedule_id", "schedule_due_time"]),
    why: "only jobs of schedules have it",
    provedIn: "test/e2e/schedules.test.ts",
  })),
  {
    ways: ["Work response"],
    paths: within("assignments.assignments.", ["schedule_id", "schedule_due_time"]),
    why: "only jobs of schedules have it",
    provedIn: "test/e2e/schedules.test.ts",
  },
];

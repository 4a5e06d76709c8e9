/** The rows of the conditions of a submission. */
import type { Row } from "./ledger.ts";

interface Place {
  readonly prefix: string;
  readonly ways: readonly string[];
}

const checked: readonly Place[] = [
  { prefix: "job.", ways: ["SubmitJob request"] },
  {
    prefix: "jobs.",
    ways: [
      "SubmitJobs request",
      "QuoteJobs request",
      "GroupService.CreateGroup request",
      "HTTP POST /v1/groups body",
      "client createGroup",
      "millrace groups create",
    ],
  },
  { prefix: "jobs.job.", ways: ["SubmitStream request"] },
  { prefix: "jobs.spec.", ways: ["Submit request", "Quote request"] },
  {
    prefix: "",
    ways: [
      "HTTP POST /v1/jobs body",
      "HTTP POST /v1/jobs:batch body",
      "client submit",
      "millrace submit",
    ],
  },
];
const refused: readonly Place[] = [
  {
    prefix: "group.finalizer.",
    ways: [
      "GroupService.CreateGroup request",
      "HTTP POST /v1/groups body",
      "client createGroup",
      "millrace groups create",
    ],
  },
  {
    prefix: "spec.job.",
    ways: ["ScheduleService.CreateSchedule request", "SchedulerService.CreateSchedule request"],
  },
  {
    prefix: "schedule.spec.job.",
    ways: [
      "ScheduleService.CreateSchedule response",
      "ScheduleService.GetSchedule response",
      "ScheduleService.UpdateSchedule response",
      "ScheduleService.PauseSchedule response",
      "ResumeSchedule response",
      "SchedulerService.GetSchedule response",
      "SchedulerService.PauseSchedule response",
    ],
  },
  {
    prefix: "schedules.spec.job.",
    ways: ["ScheduleService.ListSchedules response", "configuration file"],
  },
  { prefix: "changes.job.", ways: ["ScheduleService.UpdateSchedule request"] },
  { prefix: "configuration.schedules.spec.job.", ways: ["ApplyConfiguration request"] },
  { prefix: "children.", ways: ["FanOut request"] },
  { prefix: "finalizer.spec.", ways: ["SchedulerService.CreateGroup request"] },
  {
    prefix: "reply.schedule.spec.job.",
    ways: ["SchedulerService.CreateSchedule response", "SchedulerService.UpdateSchedule response"],
  },
  { prefix: "page.schedules.spec.job.", ways: ["SchedulerService.ListSchedules response"] },
  { prefix: "update.changes.job.", ways: ["SchedulerService.UpdateSchedule request"] },
];

const paths = (prefix: string) => ["max_cost_micros", "refuse_late"].map((name) => prefix + name);

export const conditionRows: readonly Row[] = [
  ...checked.map(({ prefix, ways }) => ({
    ...{ ways, paths: paths(prefix) },
    why: "gateways check it before they submit the job, and it is not stored",
    provedIn: "test/e2e/quote.test.ts",
  })),
  ...refused.map(({ prefix, ways }) => ({
    ...{ ways, paths: paths(prefix) },
    why: "such a job has no quote, so the condition is refused",
  })),
];

/** The rows of what attempts cost. */
import type { Row } from "./ledger.ts";

const E2E = "test/e2e/spend.test.ts";
const LIST = "services/scheduler/test/list-spend.test.ts";

const ROW = [
  ...["day", "key_id", "model", "account", "labels", "other_labels", "attempts"],
  ...["unpriced_attempts", "input_tokens", "cached_input_tokens", "output_tokens"],
  ...["reasoning_tokens", "provider_calls", "cost_micros"],
].map((name) => `page.rows.${name}`);
const FILTER = ["first_day", "last_day", "group_by", "group_labels", "page_size", "page_token"].map(
  (name) => `filter.${name}`,
);

/** Ways whose jobs have no cost, or only jobs whose price is known. */
const ofJobs: readonly Row[] = [
  {
    ways: ["millrace dead-letters show"],
    paths: ["attempts.usage.cost_micros", "attempts.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["GetDeadLetter response"],
    paths: [
      "dead_letter.attempts.usage.cost_micros",
      "dead_letter.attempts.usage.unpriced_attempts",
      "dead_letter.job.usage.cost_micros",
      "dead_letter.job.usage.unpriced_attempts",
    ],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["ListDeadLetters response"],
    paths: ["dead_letters.job.usage.cost_micros", "dead_letters.job.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["AdminService.WatchJob response", "Watch response"],
    paths: ["event.job.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["SubmitStream response"],
    paths: ["finished.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: [
      "AdminService.CancelJob response",
      "Cancel response",
      "CancelJob response",
      "millrace dead-letters list",
      "millrace dead-letters show",
    ],
    paths: ["job.usage.cost_micros"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: [
      "AdminService.CancelJob response",
      "AdminService.GetJob response",
      "Cancel response",
      "CancelJob response",
      "GetJob response",
      "HTTP GET /v1/jobs/{id}/events",
      "SubmitJob response",
      "WatchJob response",
      "client watch",
      "millrace dead-letters list",
      "millrace dead-letters show",
      "millrace watch",
    ],
    paths: ["job.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: [
      "AdminService.ListJobs response",
      "GetJobs response",
      "HTTP GET /v1/jobs",
      "ListJobs response",
      "Submit response",
      "WatchFinished response",
    ],
    paths: ["jobs.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["List response"],
    paths: ["page.jobs.usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: ["HTTP DELETE /v1/jobs/{id}", "client cancel", "millrace cancel"],
    paths: ["usage.cost_micros"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
  {
    ways: [
      "HTTP DELETE /v1/jobs/{id}",
      "HTTP GET /v1/jobs/{id}",
      "HTTP POST /v1/jobs answer",
      "client cancel",
      "client getJob",
      "client list",
      "client wait",
      "millrace cancel",
      "millrace get",
      "millrace jobs get",
      "millrace jobs list",
      "millrace list",
    ],
    paths: ["usage.unpriced_attempts"],
    why: "the same message as GetJob's, in which the named test reads both",
    provedIn: E2E,
  },
];

export const spendRows: readonly Row[] = [
  ...ofJobs,
  {
    ways: ["ListUsage response"],
    paths: ["rows.usage.cost_micros", "rows.usage.unpriced_attempts"],
    why: "ListSpend says what attempts cost",
  },
  {
    ways: ["AdminService.ListSpend request", "SchedulerService.ListSpend request"],
    paths: ["key_id", ...FILTER],
    why: "the named test asks for spend by each of them; both methods read the same filter",
    provedIn: LIST,
  },
  {
    ways: ["JobService.ListSpend request"],
    paths: FILTER,
    why: "the same filter as that of AdminService.ListSpend, which the named test reads by each of them",
    provedIn: LIST,
  },
  {
    ways: [
      ...["JobService.ListSpend response", "AdminService.ListSpend response"],
      "SchedulerService.ListSpend response",
    ],
    paths: [...ROW, "page.next_page_token"],
    why: "the named test compares rows with what was settled, page by page",
    provedIn: LIST,
  },
];

/** The rows of what operators ask about jobs, usage and limits. */
import type { Row } from "./ledger.ts";

const JOBS = "services/scheduler/test/operators-jobs.test.ts";
const USAGE = "services/scheduler/test/list-usage.test.ts";
const LIMITS = "services/scheduler/test/budget-use.test.ts";

export const operatorRows: readonly Row[] = [
  {
    ways: ["AdminService.ListJobs request"],
    paths: ["filter", "page_size", "page_token"],
    why: "the named test lists by each member of the filter, page by page",
    provedIn: JOBS,
  },
  {
    ways: ["AdminService.CancelJob response"],
    paths: ["job.child_group_ids"],
    why: "the same message as that of AdminService.GetJob; the jobs of this way have not fanned out",
  },
  {
    ways: ["AdminService.WatchJob response"],
    paths: ["event.job.child_group_ids"],
    why: "the same message as that of AdminService.GetJob; the jobs of this way have not fanned out",
  },
  {
    ways: ["AdminService.ListJobs response"],
    paths: ["next_page_token"],
    why: "the named test reads pages of the jobs of several keys",
    provedIn: JOBS,
  },
  {
    ways: ["CancelJobs request"],
    paths: ["filter", "reason", "max", "dry_run"],
    why: "the named test cancels by a filter, with and without a dry run; filters are those of ListJobs",
    provedIn: JOBS,
  },
  {
    ways: ["CancelJobs response"],
    paths: ["matched", "cancelled", "requested", "done"],
    why: "the named test cancels jobs that wait and one that runs",
    provedIn: JOBS,
  },
  {
    ways: ["ListUsage request"],
    paths: ["first_day", "last_day", "key_id", "group_by", "page_size", "page_token"],
    why: "the named test asks for usage by each of them",
    provedIn: USAGE,
  },
  {
    ways: ["ListUsage response"],
    paths: [
      ...["rows.day", "rows.key_id", "rows.pool", "rows.model", "rows.jobs", "rows.attempts"],
      ...["rows.usage.input_tokens", "rows.usage.cached_input_tokens"],
      ...["rows.usage.output_tokens", "rows.usage.reasoning_tokens"],
      ...["rows.usage.provider_calls", "rows.usage.compute_ms", "next_page_token"],
    ],
    why: "the named test compares rows with what was settled",
    provedIn: USAGE,
  },
  {
    ways: ["ListUsage response"],
    paths: ["rows.usage.model"],
    why: "the row has the model",
  },
  {
    ways: ["ListApiKeys response"],
    paths: ["api_keys.budget_use"],
    why: "the named test uses up limits of a key",
    provedIn: LIMITS,
  },
  {
    ways: ["millrace keys list"],
    paths: ["budget_use"],
    why: "the key of this way runs nothing; the command prints what ListApiKeys returns",
  },
  {
    ways: [
      ...["CreateApiKey response", "UpdateApiKey response", "RotateApiKey response"],
      "RevokeApiKey response",
    ],
    paths: ["api_key.budget_use"],
    why: "only ListApiKeys reports what keys use",
  },
];

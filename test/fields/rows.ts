/** The fields that a way does not carry, or that are proved elsewhere: each with the reason. */
import type { Row } from "./ledger.ts";

export const rows: readonly Row[] = [
  {
    ways: ["ListJobs response", "HTTP GET /v1/jobs"],
    paths: ["jobs.payload_json", "jobs.result_json"],
    why: "lists leave out what may be long",
  },
  {
    ways: ["List response"],
    paths: ["page.jobs.payload_json", "page.jobs.result_json"],
    why: "lists leave out what may be long",
  },
  {
    ways: ["client list", "millrace list"],
    paths: ["payload_json", "result_json"],
    why: "lists leave out what may be long",
  },
];

/** The rows of quotes. */
import type { Row } from "./ledger.ts";

const E2E = "test/e2e/quote.test.ts";

const amounts = (...names: readonly string[]) =>
  names.flatMap((name) => ["low", "likely", "high"].map((part) => `${name}.${part}`));

/** What a quote reads of a job. */
const READ = [
  "queue",
  "type",
  "document_ids",
  "priority",
  "pool",
  "estimated_tokens",
  "run_at",
].concat("model");
/** What decides nothing of when a job runs first, and what it spends. */
const UNREAD = [
  ...["idempotency_key", "expires_at", "deadline", "labels", "traceparent", "tracestate"],
  ...["retry.max_attempts", "retry.initial_backoff", "retry.max_backoff", "group_id"],
  ...["deduplication.key", "deduplication.throttle", "deduplication.debounce"],
  ...["callback.url", "callback.event_types", "callback.include_result"],
];
const ANSWER = [
  ...amounts("quotes.input_tokens", "quotes.output_tokens", "quotes.tokens", "quotes.cost_micros"),
  ...amounts("quotes.start", "quotes.end"),
  ...["quotes.time_basis", "quotes.token_basis", "quotes.estimated_document_ids"],
  ...amounts("sum.tokens", "sum.cost_micros", "sum.start", "sum.end"),
  "sum.unpriced_jobs",
];
const CONSTRAINT = ["kind", "subject", "limit", "used", "needed", "clear_time", "message"].map(
  (name) => `quotes.constraints.${name}`,
);

export const quoteRows: readonly Row[] = [
  {
    ways: ["QuoteJobs request"],
    paths: [...READ, "payload_struct", "payload_json"].map((name) => `jobs.${name}`),
    why: "the named test asks for quotes of jobs that differ in them",
    provedIn: E2E,
  },
  {
    ways: ["QuoteJobs request"],
    paths: UNREAD.map((name) => `jobs.${name}`),
    why: "checked as in a submission, and of no effect on a quote",
  },
  {
    ways: ["Quote request"],
    paths: [...READ, ...UNREAD].map((name) => `jobs.spec.${name}`),
    why: "the spec of a QuoteJobs request, as it is",
  },
  {
    ways: ["Quote request"],
    paths: ["jobs.spec.payload_struct", "jobs.spec.payload_json"],
    why: "the gateway has counted the payload, and leaves it out",
  },
  {
    ways: ["Quote request"],
    paths: [
      ...amounts("jobs.input_tokens", "jobs.output_tokens"),
      ...["jobs.token_basis", "jobs.estimated_document_ids", "jobs.parts", "key_id"],
    ],
    why: "asked by gateways alone: QuoteJobs answers with what they have counted, which another test compares",
  },
  {
    ways: ["QuoteJobs response"],
    paths: ANSWER,
    why: "the named test compares a worked example by every way to ask",
    provedIn: E2E,
  },
  {
    ways: ["QuoteJobs response"],
    paths: CONSTRAINT,
    why: "the same message as ExplainJob's, made by the same code",
  },
  {
    ways: ["Quote response"],
    paths: [...ANSWER, ...CONSTRAINT].map((path) => `quote.${path}`),
    why: "QuoteJobs passes it on as it is",
  },
];

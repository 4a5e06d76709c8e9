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
  {
    ways: ["WatchJob response", "HTTP GET /v1/jobs/{id}/events", "client watch", "millrace watch"],
    paths: ["job.payload_json"],
    why: "whoever watches a job has its payload, which would come with each change",
  },
  {
    ways: ["Watch response"],
    paths: ["event.job.payload_json"],
    why: "whoever watches a job has its payload, which would come with each change",
  },
  {
    ways: ["SubmitStream response"],
    paths: ["finished.payload_json", "finished.run_at", "finished.cancel_requested"],
    why: "a job that has finished: who submitted it has its payload, and it waits for nothing",
  },
  {
    ways: ["WatchFinished response"],
    paths: ["jobs.payload_json", "jobs.run_at", "jobs.cancel_requested"],
    why: "a job that has finished: who submitted it has its payload, and it waits for nothing",
  },
  {
    ways: ["client wait"],
    paths: ["payload_json", "run_at", "cancel_requested"],
    why: "a job that has finished: who submitted it has its payload, and it waits for nothing",
  },
  {
    ways: ["CancelJob response", "Cancel response"],
    paths: ["job.run_at", "job.result_json", "job.error.retryable"],
    why: "a job that is cancelled waits for no time, has no result, and is not tried again",
  },
  {
    ways: ["HTTP DELETE /v1/jobs/{id}", "client cancel", "millrace cancel"],
    paths: ["run_at", "result_json", "error.retryable"],
    why: "a job that is cancelled waits for no time, has no result, and is not tried again",
  },
  {
    ways: ["SubmitJob response"],
    paths: ["job.redriven_from"],
    why: "a submission returns a job that was there by its idempotency key, and a redriven job has none",
  },
  {
    ways: ["Submit response"],
    paths: ["jobs.redriven_from"],
    why: "a submission returns a job that was there by its idempotency key, and a redriven job has none",
  },
  {
    ways: ["ListDeadLetters response"],
    paths: [
      "dead_letters.job.payload_json",
      "dead_letters.attempts",
      "dead_letters.job.run_at",
      "dead_letters.job.result_json",
      "dead_letters.job.cancel_requested",
    ],
    why: "lists leave out what may be long; a job that has failed waits for nothing, and has no result",
  },
  {
    ways: ["millrace dead-letters list"],
    paths: [
      "job.payload_json",
      "attempts",
      "job.run_at",
      "job.result_json",
      "job.cancel_requested",
    ],
    why: "lists leave out what may be long; a job that has failed waits for nothing, and has no result",
  },
  {
    ways: ["GetDeadLetter response"],
    paths: [
      "dead_letter.job.run_at",
      "dead_letter.job.result_json",
      "dead_letter.job.cancel_requested",
    ],
    why: "a job that has failed waits for nothing, and has no result",
  },
  {
    ways: ["millrace dead-letters show"],
    paths: ["job.run_at", "job.result_json", "job.cancel_requested"],
    why: "a job that has failed waits for nothing, and has no result",
  },
  {
    ways: ["CreateApiKey response"],
    paths: ["api_key.revoke_time", "api_key.old_secret_expire_time", "api_key.stored_bytes"],
    why: "a new key has neither, and what keys store is told by ListApiKeys alone",
  },
  {
    ways: ["UpdateApiKey response", "RotateApiKey response"],
    paths: ["api_key.revoke_time", "api_key.stored_bytes"],
    why: "a revoked key is not changed, and what keys store is told by ListApiKeys alone",
  },
  {
    ways: ["RevokeApiKey response"],
    paths: ["api_key.stored_bytes"],
    why: "what keys store is told by ListApiKeys alone",
  },
  {
    ways: ["ResumeQueue response"],
    paths: ["queue.paused"],
    why: "a queue that goes on is not paused",
  },
  {
    ways: ["ResetProviderAccount response"],
    paths: [
      "account.cool_until",
      "account.paused_since",
      "account.provider_down",
      "account.failures",
    ],
    why: "a reset ends the pause, and forgets what led to it",
  },
  {
    ways: ["HTTP POST /v1/jobs answer"],
    paths: ["redriven_from"],
    why: "a submission returns a job that was there by its idempotency key, and a redriven job has none",
  },
  {
    ways: ["client submit"],
    paths: ["payload_struct"],
    why: "the client sends JSON text",
  },
  {
    ways: ["millrace submit"],
    paths: ["payload_struct", "traceparent", "tracestate"],
    why: "the command sends JSON text, and begins no trace",
  },
  {
    ways: ["RedriveDeadLetters request"],
    paths: ["per_second"],
    why: "a rate, which is shown by a clock that is turned by hand",
    provedIn: "services/scheduler/test/dead-letters.test.ts",
  },
  {
    ways: ["Work request"],
    paths: ["settle.outcomes.failed.provider.account"],
    why: "the account that is paused is the job's own pool, whatever the worker says; see the contract",
  },
  {
    ways: ["worker SDK outcome"],
    paths: ["failed.provider.account"],
    why: "the account that is paused is the job's own pool, whatever the worker says",
  },
  {
    ways: ["Work request"],
    paths: ["settle.outcomes.handed_back.reason"],
    why: "for people who read what the worker sends; the scheduler keeps nothing of it",
  },
  {
    ways: ["worker SDK outcome"],
    paths: ["handed_back.reason"],
    why: "for people who read what the worker sends; the scheduler keeps nothing of it",
  },
  {
    ways: ["worker SDK assignment"],
    paths: ["lease.fencing_token"],
    why: "the SDK keeps it, and shows it with each write that was seen to be stored",
  },
  {
    ways: ["worker SDK output"],
    paths: ["data"],
    why: "executors of the SDK write text and progress",
  },
  {
    ways: ["worker SDK hello"],
    paths: ["leases", "guest_slots", "slots"],
    why: "what a scheduler makes of them is proved by a worker without the SDK, and that the SDK says them there",
    provedIn: "packages/worker-sdk/test/worker.test.ts",
  },
  {
    ways: ["Work response"],
    paths: ["drain"],
    why: "sent by a scheduler that stops, which would end all other ways",
    provedIn: "services/scheduler/test/work-session.test.ts",
  },
  {
    ways: ["millrace list flags"],
    paths: ["page_size", "page_token"],
    why: "the command reads on by itself, up to its --limit",
  },
];

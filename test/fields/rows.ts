/** The fields that a way does not carry, or that another test proves, each with the reason. */
import { conditionRows } from "./condition-rows.ts";
import { groupRows } from "./group-rows.ts";
import type { Row } from "./ledger.ts";
import { modelRows } from "./model-rows.ts";
import { operatorRows } from "./operator-rows.ts";
import { quoteRows } from "./quote-rows.ts";
import { scheduleRows } from "./schedule-rows.ts";
import { spendRows } from "./spend-rows.ts";
import { webhookRows } from "./webhook-rows.ts";

export const rows: readonly Row[] = [
  {
    ways: ["ListJobs response", "AdminService.ListJobs response", "HTTP GET /v1/jobs"],
    paths: ["jobs.payload_json", "jobs.result_json"],
    why: "lists leave out fields that may be long",
  },
  {
    ways: ["List response"],
    paths: ["page.jobs.payload_json", "page.jobs.result_json"],
    why: "lists leave out fields that may be long",
  },
  {
    ways: ["client list", "millrace list", "millrace jobs list"],
    paths: ["payload_json", "result_json"],
    why: "lists leave out fields that may be long",
  },
  {
    ways: ["WatchJob response", "HTTP GET /v1/jobs/{id}/events", "client watch", "millrace watch"],
    paths: ["job.payload_json"],
    why: "a watcher has the payload already, and it would come with each change",
  },
  {
    ways: ["Watch response", "AdminService.WatchJob response"],
    paths: ["event.job.payload_json"],
    why: "a watcher has the payload already, and it would come with each change",
  },
  {
    ways: ["SubmitStream response"],
    paths: ["finished.payload_json", "finished.run_at", "finished.cancel_requested"],
    why: "the job has finished, so it waits for nothing, and its caller has the payload",
  },
  {
    ways: ["WatchFinished response"],
    paths: ["jobs.payload_json", "jobs.run_at", "jobs.cancel_requested"],
    why: "the job has finished, so it waits for nothing, and its caller has the payload",
  },
  {
    ways: ["client wait"],
    paths: ["payload_json", "run_at", "cancel_requested"],
    why: "the job has finished, so it waits for nothing, and its caller has the payload",
  },
  {
    ways: ["CancelJob response", "AdminService.CancelJob response", "Cancel response"],
    paths: [
      ...["job.run_at", "job.result_json", "job.failure.retryable"],
      "job.failure.details_json",
    ],
    why: "a cancelled job waits for no time, has no result, is not tried again, and no executor has failed it",
  },
  {
    ways: ["HTTP DELETE /v1/jobs/{id}", "client cancel", "millrace cancel"],
    paths: ["run_at", "result_json", "failure.retryable", "failure.details_json"],
    why: "a cancelled job waits for no time, has no result, is not tried again, and no executor has failed it",
  },
  {
    ways: ["Submit response"],
    paths: ["results.trace_id"],
    why: "gateways know the trace of each job that they submit, and set it themselves",
  },
  {
    ways: ["millrace workers list"],
    paths: ["draining"],
    why: "the same message as ListWorkers, which the test proves with a worker that drains",
  },
  {
    ways: ["SubmitJob response"],
    paths: ["job.redriven_from"],
    why: "a submission finds an existing job by its idempotency key, and a redriven job has none",
  },
  {
    ways: ["Submit response"],
    paths: ["jobs.redriven_from"],
    why: "a submission finds an existing job by its idempotency key, and a redriven job has none",
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
    why: "lists leave out fields that may be long; a failed job waits for nothing and has no result",
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
    why: "lists leave out fields that may be long; a failed job waits for nothing and has no result",
  },
  {
    ways: ["GetDeadLetter response"],
    paths: [
      "dead_letter.job.run_at",
      "dead_letter.job.result_json",
      "dead_letter.job.cancel_requested",
    ],
    why: "a failed job waits for nothing and has no result",
  },
  {
    ways: ["millrace dead-letters show"],
    paths: ["job.run_at", "job.result_json", "job.cancel_requested"],
    why: "a failed job waits for nothing and has no result",
  },
  {
    ways: ["CreateApiKey response"],
    paths: ["api_key.revoke_time", "api_key.old_secret_expire_time", "api_key.stored_bytes"],
    why: "a new key has neither, and only ListApiKeys reports what keys store",
  },
  {
    ways: ["UpdateApiKey response", "RotateApiKey response"],
    paths: ["api_key.revoke_time", "api_key.stored_bytes"],
    why: "a revoked key cannot be changed, and only ListApiKeys reports what keys store",
  },
  {
    ways: ["RevokeApiKey response"],
    paths: ["api_key.stored_bytes"],
    why: "only ListApiKeys reports what keys store",
  },
  {
    ways: [
      ...["WorkerService.GetDocument response", "WorkerService.DownloadDocument response"],
      "StoreDocument response",
    ],
    paths: ["document.expire_time", "document.unreadable"],
    why: "schedulers do not know how long gateways keep documents, and the document of this job can be read",
  },
  {
    ways: ["millrace documents upload", "millrace documents get"],
    paths: ["unreadable"],
    why: "the command prints what the client reads, where it is proved",
  },
  {
    ways: ["ResumeQueue response"],
    paths: ["queue.paused"],
    why: "a resumed queue is not paused",
  },
  {
    ways: ["ResetProviderAccount response"],
    paths: [
      "account.cool_until",
      "account.paused_since",
      "account.provider_down",
      "account.failures",
    ],
    why: "a reset ends the cool-down and forgets its cause",
  },
  {
    ways: ["HTTP POST /v1/jobs answer"],
    paths: ["redriven_from"],
    why: "a submission finds an existing job by its idempotency key, and a redriven job has none",
  },
  {
    ways: ["client submit"],
    paths: ["payload_struct"],
    why: "the client sends JSON text",
  },
  {
    ways: ["millrace submit"],
    paths: ["payload_struct", "traceparent", "tracestate"],
    why: "the command sends JSON text and starts no trace",
  },
  {
    ways: ["FindDocumentUses request"],
    paths: ["key_id", "document_ids", "page_token"],
    why: "asked by gateways alone, when they look for documents whose time is over",
    provedIn: "services/scheduler/test/find-document-uses.test.ts",
  },
  {
    ways: ["FindDocumentUses response"],
    paths: [
      ...["uses.document_id", "uses.unfinished_job_id", "uses.last_finish_time"],
      ...["uses.schedule_id", "next_page_token"],
    ],
    why: "asked by gateways alone, when they look for documents whose time is over",
    provedIn: "services/scheduler/test/find-document-uses.test.ts",
  },
  {
    ways: ["CreateUpload request"],
    paths: ["header", "size", "sha256"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["CreateUpload response"],
    paths: ["upload_id", "url", "headers", "expire_time"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["CompleteUpload request"],
    paths: ["upload_id"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["CompleteUpload response"],
    paths: ["document", "existing"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["CreateDownload request"],
    paths: ["document_id"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["CreateDownload response"],
    paths: ["url", "expire_time"],
    why: "documents are in a directory here",
    provedIn: "services/gateway/test/document-addresses.test.ts",
  },
  {
    ways: ["RedriveDeadLetters request"],
    paths: ["per_second"],
    why: "a rate, which is proved with a manual clock",
    provedIn: "services/scheduler/test/dead-letters.test.ts",
  },
  {
    ways: ["Work request"],
    paths: ["settle.outcomes.failed.provider.account"],
    why: "the cool-down applies to the job's own pool, whatever the worker reports; see the contract",
  },
  {
    ways: ["worker SDK outcome"],
    paths: ["failed.provider.account"],
    why: "the cool-down applies to the job's own pool, whatever the worker reports",
  },
  {
    ways: ["Work request"],
    paths: ["settle.outcomes.handed_back.reason"],
    why: "for people who read the worker's messages; the scheduler does not store it",
  },
  {
    ways: ["worker SDK outcome"],
    paths: ["handed_back.reason"],
    why: "for people who read the worker's messages; the scheduler does not store it",
  },
  {
    ways: ["worker SDK assignment"],
    paths: ["lease.fencing_token"],
    why: "the SDK keeps it and sends it with each write; those writes were stored",
  },
  {
    ways: ["worker SDK assignment"],
    paths: ["fan_outs", "finalizes_group_id", "checkpoint_json"],
    why: "the job of the other fields is no finalizer and has not fanned out; the named test proves what executors get",
    provedIn: "packages/worker-sdk/test/fan-out.test.ts",
  },
  {
    ways: ["worker SDK outcome"],
    paths: ["waiting"],
    why: "the job of the other outcomes has not fanned out",
    provedIn: "packages/worker-sdk/test/fan-out.test.ts",
  },
  {
    ways: ["FanOut request"],
    paths: ["children.idempotency_key", "children.deduplication", "children.group_id"],
    why: "refused, because the index makes a child unique; the named test proves it",
    provedIn: "services/scheduler/src/submitting/fan-out-children.test.ts",
  },
  {
    ways: ["FanOut response", "ReadChildren response"],
    paths: ["group.labels", "group.priority", "group.cancel_reason", "group.callback"],
    why: "a fan-out has neither labels, a priority nor a callback of its own, and a cancelled one has no attempt that could read it",
  },
  {
    ways: ["FanOut response"],
    paths: [
      ...["group.rule.at_least_percent", "group.finalizer_job_id", "group.finish_time"],
      ...["succeeded", "failed", "cancelled", "expired", "removed"].map(
        (how) => `group.progress.${how}`,
      ),
    ],
    why: "the same message as in ReadChildren's response; none of the children of a new group has ended",
  },
  {
    ways: ["ReadChildren response"],
    paths: [
      ...["group.progress.cancelled", "group.progress.expired", "group.progress.removed"],
      "children.failure.retryable",
    ],
    why: "the same message as that of GetGroup; a child that has failed for good is not tried again",
  },
  {
    ways: ["ReadChildren response"],
    paths: ["usages.usage"],
    why: "the same message as that of GetJob; the named test proves that it is the job's",
    provedIn: "services/scheduler/test/fan-out.test.ts",
  },
  {
    ways: ["ReadChildren response"],
    paths: ["more"],
    why: "pages end at 1 MiB of results or at 1,000 children",
    provedIn: "services/scheduler/test/fan-out.test.ts",
  },
  {
    ways: ["worker SDK output"],
    paths: ["data"],
    why: "the executor of the other chunks writes text and progress; the named test proves it",
    provedIn: "packages/worker-sdk/test/models.test.ts",
  },
  {
    ways: ["worker SDK assignment"],
    paths: ["account", "provider_model"],
    why: "the job of the other fields names no model; the named test proves what executors get",
    provedIn: "packages/worker-sdk/test/models.test.ts",
  },
  {
    ways: ["worker SDK hello"],
    paths: ["leases", "guest_slots", "slots"],
    why: "a worker without the SDK proves how a scheduler uses them, and the named test proves that the SDK sends them",
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
    why: "the command reads all pages by itself, up to its --limit",
  },
  ...groupRows,
  ...scheduleRows,
  ...conditionRows,
  ...quoteRows,
  ...spendRows,
  ...webhookRows,
  ...modelRows,
  ...operatorRows,
];

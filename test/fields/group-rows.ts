/** The fields of groups that a way does not carry, or that another test proves, each with the reason. */
import type { Row } from "./ledger.ts";

/** The places of a group in the ways that show one. */
const shown = {
  "": [
    ...[
      "HTTP POST /v1/groups answer",
      "HTTP GET /v1/groups/{id}",
      "HTTP GET /v1/groups/{id}/events",
    ],
    ...["HTTP POST /v1/groups/{id}:close", "HTTP DELETE /v1/groups/{id}"],
    ...["client group", "millrace groups get"],
  ],
  "group.": ["CreateGroup", "CloseGroup", "GetGroup", "WatchGroup", "CancelGroup"].flatMap(
    (name) => [`GroupService.${name} response`, `SchedulerService.${name} response`],
  ),
  "groups.": ["GroupService.ListGroups response", "HTTP GET /v1/groups"],
  "page.groups.": ["SchedulerService.ListGroups response"],
};

const mapped = "services/scheduler/src/messages/group-message.test.ts";
const gateway = "services/gateway/test/groups.test.ts";

const ended = ["finish_time", "cancel_reason"];
const counts = ["succeeded", "failed", "cancelled", "expired"].map((name) => `progress.${name}`);
const within = (prefix: string, names: readonly string[]) => names.map((name) => prefix + name);

export const groupRows: readonly Row[] = [
  ...Object.entries(shown).map(([prefix, ways]) => ({
    ways,
    paths: within(prefix, ["parent_job_id", "progress.removed"]),
    why: "only a fan-out has a parent, and only other programs remove jobs",
    provedIn: mapped,
  })),
  {
    ways: ["GroupService.CreateGroup response", "SchedulerService.CreateGroup response"],
    paths: within("group.", [...ended, ...counts]),
    why: "a new group has not ended, and neither have its children",
  },
  {
    ways: ["SchedulerService.CreateGroup response"],
    paths: within("group.", ["progress.total", "progress.in_flight", "finalizer_job_id"]),
    why: "a gateway submits the children afterwards; this call has no finalizer, and GetGroup shows it",
  },
  {
    ways: ["HTTP POST /v1/groups answer"],
    paths: [...ended, ...counts, "progress.total", "progress.in_flight"],
    why: "a new group has not ended, and its children existed before",
  },
  {
    ways: ["GroupService.CloseGroup response", "SchedulerService.CloseGroup response"],
    paths: within("group.", ended),
    why: "a group that has finished cannot be closed",
  },
  {
    ways: ["HTTP POST /v1/groups/{id}:close"],
    paths: ended,
    why: "a group that has finished cannot be closed",
  },
  {
    ways: ["GroupService.CancelGroup response", "SchedulerService.CancelGroup response"],
    paths: ["group.progress.in_flight"],
    why: "the children of a cancelled group have ended",
  },
  {
    ways: ["HTTP DELETE /v1/groups/{id}"],
    paths: ["progress.in_flight"],
    why: "the children of a cancelled group have ended",
  },
  {
    ways: ["GroupService.CreateGroup request", "HTTP POST /v1/groups body", "client createGroup"],
    paths: [
      ...["run_at", "idempotency_key", "deduplication", "group_id"].map(
        (name) => `group.finalizer.${name}`,
      ),
      "jobs.group_id",
    ],
    why: "refused: a finalizer runs when its group says, and children join the new group",
    provedIn: gateway,
  },
  {
    ways: ["client createGroup"],
    paths: ["group.finalizer.payload_struct", "jobs.payload_struct"],
    why: "the client sends JSON text",
  },
  {
    ways: ["millrace groups create"],
    paths: [
      ...[
        ...["payload_struct", "document_ids", "priority", "idempotency_key", "pool", "model"],
        ...["estimated_tokens", "run_at", "expires_at", "deadline", "retry", "labels"],
        ...["traceparent", "tracestate", "deduplication", "group_id", "callback"],
      ].map((name) => `group.finalizer.${name}`),
      ...[
        ...["payload_struct", "run_at", "expires_at", "deadline", "retry", "traceparent"],
        ...["tracestate", "deduplication", "group_id", "callback"],
      ].map((name) => `jobs.${name}`),
    ],
    why: "the command has flags for the finalizer's type and payload only, and lines of children have what people need most",
  },
  {
    ways: ["SchedulerService.CreateGroup request"],
    paths: [
      "spec.finalizer",
      ...["run_at", "idempotency_key", "deduplication", "group_id"].map(
        (name) => `finalizer.spec.${name}`,
      ),
      ...["finalizer.submit_time", "finalizer.return_job"],
    ],
    why: "the finalizer has a field of its own, no such members, and the time of its group",
  },
  ...(
    [
      [
        "child_group_ids",
        ["HTTP POST /v1/jobs answer", "HTTP DELETE /v1/jobs/{id}", "client wait"],
      ],
      ["child_group_ids", ["client cancel", "millrace cancel"]],
      ["job.child_group_ids", ["SubmitJob response", "WatchJob response", "CancelJob response"]],
      ["job.child_group_ids", ["Cancel response", "HTTP GET /v1/jobs/{id}/events", "client watch"]],
      ["job.child_group_ids", ["millrace watch", "millrace dead-letters list"]],
      ["job.child_group_ids", ["millrace dead-letters show"]],
      ["jobs.child_group_ids", ["Submit response", "WatchFinished response"]],
      ["event.job.child_group_ids", ["Watch response"]],
      ["finished.child_group_ids", ["SubmitStream response"]],
      ["dead_letters.job.child_group_ids", ["ListDeadLetters response"]],
      ["dead_letter.job.child_group_ids", ["GetDeadLetter response"]],
    ] as const
  ).map(([path, ways]) => ({
    ways,
    paths: [path],
    why: "only finalizers and jobs that fan out have it; the reads of a finalizer prove it",
  })),
];

/** Proves that every field of a new group, of its finalizer and of its children is stored, whichever way creates it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { GroupRule } from "@millrace/engine";
import type { GroupSpec, GroupSpecSchema } from "@millrace/proto/group";
import { CreateGroupRequestSchema } from "@millrace/proto/group-service";
import type { JobSpec } from "@millrace/proto/job";
import {
  systemClock as clock,
  type GroupId,
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { expect, onTestFinished } from "vitest";
import { filledSpec, proveSpec, type SpecChoice } from "./specs.ts";
import { callbackFields, callbackFlags, newJobOf } from "./submit-ways.ts";
import type { World } from "./world.ts";

const DAY_MS = 86_400_000;
/** A finalizer may not have these. */
const REFUSED = ["run_at", "idempotency_key", "deduplication"];

/** A group to create, with each field set, in the parts that ways take. */
interface NewGroup {
  readonly group: Omit<GroupSpec, "finalizer">;
  readonly finalizer: JobSpec;
  readonly jobs: readonly JobSpec[];
}

interface GroupWay {
  /** The fields of jobs that this way does not send. */
  readonly unsent?: readonly string[];
  readonly unsentOfFinalizer?: readonly string[];
  readonly payloads: readonly NonNullable<SpecChoice["payload"]>[];
  create(group: NewGroup): Promise<string>;
}

const initOf = ({ group, finalizer }: NewGroup): MessageInitShape<typeof GroupSpecSchema> => ({
  ...group,
  finalizer,
});
const bothPayloads = ["payload_json", "payload_struct"] as const;

function groupWays(world: World): Readonly<Record<string, GroupWay>> {
  return {
    "GroupService.CreateGroup request": {
      payloads: bothPayloads,
      async create(wanted) {
        const { jobs } = wanted;
        const request = { group: initOf(wanted), jobs: [...jobs], close: true };
        return String((await world.groups.createGroup(request)).group?.id);
      },
    },
    "HTTP POST /v1/groups body": {
      payloads: bothPayloads,
      async create(wanted) {
        const { jobs } = wanted;
        const request = { group: initOf(wanted), jobs: [...jobs], close: true };
        const body = toJson(CreateGroupRequestSchema, create(CreateGroupRequestSchema, request));
        const answer = await world.http("/v1/groups", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        return ((await answer.json()) as { group: { id: string } }).group.id;
      },
    },
    "client createGroup": {
      payloads: ["payload_json"],
      async create({ group, finalizer, jobs }) {
        const { queue, maxInFlight, keepSiblings, labels, priority = 0, callback } = group;
        const created = await world.millrace.createGroup(
          {
            ...{
              queue,
              maxInFlight,
              keepSiblings,
              labels,
              priority,
              finalizer: newJobOf(finalizer),
            },
            deadline: timestampDate(group.deadline ?? timestampFromMs(0)),
            rule: clientRule(group),
            ...(callback === undefined ? {} : { callback: callbackFields(callback) }),
          },
          jobs.map(newJobOf),
          { close: true },
        );
        return created.id;
      },
    },
    "millrace groups create": {
      payloads: ["payload_json"],
      unsent: ["run_at", "expires_at", "deadline", "retry", "deduplication", "callback"],
      unsentOfFinalizer: [
        ...["document_ids", "priority", "pool", "model", "estimated_tokens", "expires_at"],
        ...["deadline", "retry", "labels", "callback"],
      ],
      create: (wanted) => createByCommand(world, wanted),
    },
  };
}

const clientRule = ({ rule }: Pick<GroupSpec, "rule">) =>
  rule?.rule.case === "atLeastPercent" ? { atLeastPercent: rule.rule.value } : ("any" as const);

async function createByCommand(world: World, { group, finalizer, jobs }: NewGroup) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-fields-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "children.jsonl");
  const lines = jobs.map((spec) => {
    const { type, payload, documentIds, priority, pool, model } = newJobOf(spec);
    const { estimatedTokens, idempotencyKey, labels } = spec;
    return JSON.stringify({
      ...{ type, payload, documentIds, priority, pool, model },
      ...{ estimatedTokens, idempotencyKey, labels },
    });
  });
  await writeFile(path, lines.join("\n"));
  const rule = clientRule(group);
  const labels = Object.entries(group.labels).flatMap(([name, value]) => [
    ...["--label", `${name}=${value}`],
  ]);
  const [printed] = await Array.fromAsync(
    world.cliLines(
      ...["groups", "create", "--queue", group.queue, "--jobs", path, "--close"],
      ...["--rule", rule === "any" ? "any" : `${rule.atLeastPercent}%`, "--keep-siblings"],
      ...["--finalizer", finalizer.type, "--finalizer-payload", String(finalizer.payload.value)],
      ...["--max-in-flight", String(group.maxInFlight), "--priority", String(group.priority)],
      ...["--deadline", timestampDate(group.deadline ?? timestampFromMs(0)).toISOString()],
      ...[...labels, ...callbackFlags(group.callback ?? {})],
    ),
  );
  return (printed as { id: string }).id;
}

let made = 0;

function newGroup(
  choice: SpecChoice,
  rule: "any" | number,
  payload: NonNullable<SpecChoice["payload"]>,
): NewGroup {
  made += 1;
  const { group } = create(CreateGroupRequestSchema, {
    group: {
      queue: choice.queue,
      rule: {
        rule:
          rule === "any" ? { case: "any", value: true } : { case: "atLeastPercent", value: rule },
      },
      maxInFlight: 2 + made,
      deadline: timestampFromMs(Math.ceil(clock.nowMs() / 1_000) * 1_000 + DAY_MS + made * 1_000),
      priority: 20 + made,
      keepSiblings: true,
      labels: { made: String(made) },
      callback: {
        ...{ url: `https://example.com/group/${made}`, eventTypes: ["group.failed"] },
        includeResult: true,
      },
    },
  });
  if (group === undefined) throw new Error("the message has no group");
  return {
    group,
    finalizer: filledSpec({
      ...{ ...choice, payload, skip: REFUSED },
      needs: rule === "any" ? "model" : "pool",
    }),
    jobs: (["throttle", "debounce"] as const).map((deduplication) =>
      filledSpec({
        ...{ ...choice, payload, deduplication },
        needs: deduplication === "throttle" ? "pool" : "model",
      }),
    ),
  };
}

/** Proves that the group is stored as it was created. */
async function proveStored(world: World, id: string, { group }: NewGroup): Promise<string> {
  const [record] = await world.engine.getGroups([id as GroupId]);
  if (record === undefined) throw new Error(`there is no group ${id}`);
  const rule: GroupRule =
    group.rule?.rule.case === "atLeastPercent" ? group.rule.rule.value : "any";
  const { maxInFlight, keepSiblings, deadline, labels, priority, callback } = group;
  const deadlineMs = Number(deadline?.seconds) * 1_000;
  expect(record).toMatchObject({ rule, maxInFlight, keepSiblings, deadlineMs });
  expect(JSON.parse(record.details ?? "")).toMatchObject({
    ...{ labels, priority },
    ...(callback === undefined ? {} : { callback: callbackFields(callback) }),
  });
  expect(id.split("~")[0]).toBe(group.queue);
  return String(record.finalizerId);
}

const storedFields = (prefix: string, { rule }: NewGroup["group"]) => [
  ...["queue", "max_in_flight", "deadline", "priority", "keep_siblings", "labels"].map(
    (name) => `${prefix}.${name}`,
  ),
  ...["url", "event_types", "include_result"].map((name) => `${prefix}.callback.${name}`),
  `${prefix}.rule.${rule?.rule.case === "any" ? "any" : "at_least_percent"}`,
];

/** Creates groups by each way that callers have, and by a gateway's call to a scheduler. */
export async function proveGroupRequests(world: World, choice: SpecChoice): Promise<void> {
  for (const [way, { payloads, unsent = [], unsentOfFinalizer = [], ...by }] of Object.entries(
    groupWays(world),
  )) {
    for (const [index, rule] of (["any", 60] as const).entries()) {
      const wanted = newGroup(choice, rule, payloads[index % payloads.length] ?? "payload_json");
      const id = await by.create(wanted);
      const jobId = await proveStored(world, id, wanted);
      world.ledger.prove(way, ...storedFields("group", wanted.group));
      const traces = way.startsWith("millrace") ? ["traceparent", "tracestate"] : [];
      const without = [...traces, ...unsentOfFinalizer];
      const finalizer = { spec: wanted.finalizer, jobId, prefix: "group.finalizer" };
      await proveSpec(world, way, { ...finalizer, unsent: without });
      const read = await world.engine.listGroupChildren(id as GroupId, 0, 10);
      expect(read?.group.state).toBe("RUNNING");
      world.ledger.prove(way, "close");
      for (const [at, spec] of wanted.jobs.entries()) {
        const child = { spec, jobId: String(read?.children[at]?.jobId), prefix: "jobs" };
        await proveSpec(world, way, { ...child, unsent: [...traces, ...unsent] });
      }
    }
  }
  await proveInnerRequest(world, choice);
}

async function proveInnerRequest(world: World, choice: SpecChoice): Promise<void> {
  const way = "SchedulerService.CreateGroup request";
  const { scheduler, keyId } = world;
  const queue = choice.queue as QueueName;
  for (const [rule, payload] of [
    ["any", "payload_json"],
    [70, "payload_struct"],
  ] as const) {
    const wanted = newGroup(choice, rule, payload);
    const createTime = timestampFromMs(clock.nowMs() - 5_000);
    const ids = [newGroupId, newJobId].map((make) =>
      make(queue, keyId as KeyId, clock.nowMs(), random),
    );
    const [groupId = "", jobId = ""] = ids;
    const finalizer = { id: jobId, spec: wanted.finalizer };
    await scheduler.createGroup({ groupId, spec: wanted.group, finalizer, createTime });
    expect(await proveStored(world, groupId, wanted)).toBe(jobId);
    const [record] = await world.engine.getGroups([groupId as GroupId]);
    expect(record?.createdAtMs).toBe(Number(createTime.seconds) * 1_000 + createTime.nanos / 1e6);
    const fields = storedFields("spec", wanted.group);
    world.ledger.prove(way, "group_id", "create_time", "finalizer.id", ...fields);
    await proveSpec(world, way, { spec: wanted.finalizer, jobId, prefix: "finalizer.spec" });
  }
}

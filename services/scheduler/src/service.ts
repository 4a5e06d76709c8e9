import type { Engine } from "@millrace/engine";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { bindService, timestampOf } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { authenticate } from "./handlers/authenticate.ts";
import { cancel } from "./handlers/cancel.ts";
import { explain } from "./handlers/explain.ts";
import { type FanOutParts, fanOut } from "./handlers/fan-out.ts";
import { getJobs } from "./handlers/get-jobs.ts";
import { getQueue } from "./handlers/get-queue.ts";
import { cancelGroup } from "./handlers/groups/cancel-group.ts";
import { closeGroup } from "./handlers/groups/close-group.ts";
import { createGroup } from "./handlers/groups/create-group.ts";
import { getGroup } from "./handlers/groups/get-group.ts";
import { listGroupChildren } from "./handlers/groups/list-group-children.ts";
import { listGroups } from "./handlers/groups/list-groups.ts";
import { watchGroup } from "./handlers/groups/watch-group.ts";
import { list } from "./handlers/list.ts";
import { readChildren } from "./handlers/read-children.ts";
import { saveCheckpoint } from "./handlers/save-checkpoint.ts";
import { submit } from "./handlers/submit.ts";
import { watch } from "./handlers/watch.ts";
import { watchFinished } from "./handlers/watch-finished.ts";
import { type WorkParts, work } from "./handlers/work.ts";
import type { JobObserver } from "./observing/job-observer.ts";
import type { MemoryPressure } from "./policy/memory-pressure.ts";
import { streamOverStore, unaryOverStore } from "./store/store-outage.ts";
import type { WorkerPass } from "./tokens/worker-tokens.ts";
import { callbackRules } from "./webhooks/callback-rules.ts";
import { webhookCalls } from "./webhooks/webhook-calls.ts";
import type { WebhookParts } from "./webhooks/webhook-parts.ts";

/** The service that gateways call. */
export const schedulerService = (
  engine: Engine,
  observer: JobObserver,
  clock: Clock,
  pressure: Pick<MemoryPressure, "admits">,
  webhooks: WebhookParts,
) => {
  const callbacks = callbackRules(webhooks);
  return bindService(SchedulerService, {
    authenticate: unaryOverStore(authenticate(engine, clock)),
    getTime: async () => ({ time: timestampOf(clock.nowMs()) }),
    submit: unaryOverStore(submit(engine, observer, clock, pressure, callbacks)),
    getJobs: unaryOverStore(getJobs(engine)),
    list: unaryOverStore(list(engine)),
    watch: streamOverStore(watch(engine)),
    watchFinished: streamOverStore(watchFinished(engine, observer)),
    cancel: unaryOverStore(cancel(engine, observer)),
    getQueue: unaryOverStore(getQueue(engine)),
    explain: unaryOverStore(explain(engine, clock)),
    createGroup: unaryOverStore(createGroup(engine, observer, clock, pressure, callbacks)),
    closeGroup: unaryOverStore(closeGroup(engine)),
    getGroup: unaryOverStore(getGroup(engine)),
    listGroups: unaryOverStore(listGroups(engine)),
    listGroupChildren: unaryOverStore(listGroupChildren(engine)),
    watchGroup: streamOverStore(watchGroup(engine, clock)),
    cancelGroup: unaryOverStore(cancelGroup(engine)),
    ...webhookCalls(webhooks),
  });
};

/** The service that workers call. */
export const workerService = (parts: WorkParts & FanOutParts) =>
  bindService<typeof WorkerService, WorkerPass>(WorkerService, {
    work: work(parts),
    fanOut: unaryOverStore(fanOut(parts)),
    readChildren: unaryOverStore(readChildren(parts.engine, parts.tokens)),
    saveCheckpoint: unaryOverStore(saveCheckpoint(parts.engine, parts.tokens)),
  });

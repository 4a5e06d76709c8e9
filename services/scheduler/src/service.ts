import type { Engine } from "@millrace/engine";
import { ExternalScaler } from "@millrace/proto/external-scaler";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { bindService, timestampOf } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { authenticate } from "./handlers/authenticate.ts";
import { authenticateJobToken } from "./handlers/authenticate-job-token.ts";
import { cancel } from "./handlers/cancel.ts";
import { createJobToken } from "./handlers/create-job-token.ts";
import { downloadDocument } from "./handlers/documents/download-document.ts";
import { getDocument } from "./handlers/documents/get-document.ts";
import type { LeasedDocumentParts } from "./handlers/documents/leased-document.ts";
import { type StoreDocumentParts, storeDocument } from "./handlers/documents/store-document.ts";
import { explain } from "./handlers/explain.ts";
import { type FanOutParts, fanOut } from "./handlers/fan-out.ts";
import { findDocumentUses } from "./handlers/find-document-uses.ts";
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
import { listModels } from "./handlers/list-models.ts";
import { listSpend } from "./handlers/list-spend.ts";
import { quote } from "./handlers/quote.ts";
import { readChildren } from "./handlers/read-children.ts";
import { remove } from "./handlers/remove.ts";
import { saveCheckpoint } from "./handlers/save-checkpoint.ts";
import { getMetricSpec } from "./handlers/scaling/get-metric-spec.ts";
import { getMetrics } from "./handlers/scaling/get-metrics.ts";
import { isActive } from "./handlers/scaling/is-active.ts";
import { streamIsActive } from "./handlers/scaling/stream-is-active.ts";
import { createSchedule } from "./handlers/schedules/create-schedule.ts";
import { deleteSchedule } from "./handlers/schedules/delete-schedule.ts";
import { getSchedule } from "./handlers/schedules/get-schedule.ts";
import { listSchedules } from "./handlers/schedules/list-schedules.ts";
import { pauseSchedule } from "./handlers/schedules/pause-schedule.ts";
import { runSchedule } from "./handlers/schedules/run-schedule.ts";
import { updateSchedule } from "./handlers/schedules/update-schedule.ts";
import { submit } from "./handlers/submit.ts";
import { watch } from "./handlers/watch.ts";
import { watchFinished } from "./handlers/watch-finished.ts";
import { type WorkParts, work } from "./handlers/work.ts";
import type { JobObserver } from "./observing/job-observer.ts";
import type { MemoryPressure } from "./policy/memory-pressure.ts";
import { DEFAULT_SCHEDULES_PER_KEY } from "./schedules/store-schedule.ts";
import type { AllWorkers } from "./session/all-workers.ts";
import { streamOverStore, unaryOverStore } from "./store/store-outage.ts";
import type { JobTokens } from "./tokens/job-tokens.ts";
import type { WorkerPass } from "./tokens/worker-tokens.ts";
import { callbackRules } from "./webhooks/callback-rules.ts";
import { webhookCalls } from "./webhooks/webhook-calls.ts";
import type { WebhookParts } from "./webhooks/webhook-parts.ts";

export interface SchedulerServiceParts {
  readonly engine: Engine;
  readonly observer: JobObserver;
  readonly clock: Clock;
  readonly pressure: Pick<MemoryPressure, "admits">;
  readonly jobTokens: JobTokens;
  readonly workers: Pick<AllWorkers, "list">;
  readonly webhooks: WebhookParts;
  readonly schedulesPerKey?: number;
}

/** The service that gateways call. */
export const schedulerService = ({
  engine,
  observer,
  clock,
  pressure,
  jobTokens,
  workers,
  webhooks,
  schedulesPerKey = DEFAULT_SCHEDULES_PER_KEY,
}: SchedulerServiceParts) => {
  const schedules = { engine, clock, most: schedulesPerKey };
  const callbacks = callbackRules(webhooks);
  return bindService(SchedulerService, {
    authenticate: unaryOverStore(authenticate(engine, clock)),
    createJobToken: unaryOverStore(createJobToken(engine, jobTokens, clock)),
    authenticateJobToken: unaryOverStore(authenticateJobToken(engine, jobTokens, clock)),
    getTime: async () => ({ time: timestampOf(clock.nowMs()) }),
    submit: unaryOverStore(submit(engine, observer, clock, pressure, callbacks)),
    getJobs: unaryOverStore(getJobs(engine)),
    list: unaryOverStore(list(engine)),
    watch: streamOverStore(watch(engine)),
    watchFinished: streamOverStore(watchFinished(engine, observer)),
    cancel: unaryOverStore(cancel(engine, observer)),
    remove: unaryOverStore(remove(engine)),
    findDocumentUses: unaryOverStore(findDocumentUses(engine)),
    getQueue: unaryOverStore(getQueue(engine)),
    listModels: unaryOverStore(listModels(engine)),
    explain: unaryOverStore(explain(engine, clock, workers)),
    listSpend: unaryOverStore(listSpend(engine, clock)),
    quote: unaryOverStore(quote(engine, clock, workers)),
    createGroup: unaryOverStore(createGroup(engine, observer, clock, pressure, callbacks)),
    closeGroup: unaryOverStore(closeGroup(engine)),
    getGroup: unaryOverStore(getGroup(engine)),
    listGroups: unaryOverStore(listGroups(engine)),
    listGroupChildren: unaryOverStore(listGroupChildren(engine)),
    watchGroup: streamOverStore(watchGroup(engine, clock)),
    cancelGroup: unaryOverStore(cancelGroup(engine)),
    createSchedule: unaryOverStore(createSchedule(schedules)),
    getSchedule: unaryOverStore(getSchedule(engine)),
    listSchedules: unaryOverStore(listSchedules(engine)),
    updateSchedule: unaryOverStore(updateSchedule(schedules)),
    deleteSchedule: unaryOverStore(deleteSchedule(engine)),
    pauseSchedule: unaryOverStore(pauseSchedule(schedules)),
    runSchedule: unaryOverStore(runSchedule({ engine, observer, clock, pressure })),
    ...webhookCalls(webhooks),
  });
};

/** The service that workers call. */
export const workerService = (
  parts: WorkParts & FanOutParts & LeasedDocumentParts & StoreDocumentParts,
) =>
  bindService<typeof WorkerService, WorkerPass>(WorkerService, {
    work: work(parts),
    fanOut: unaryOverStore(fanOut(parts)),
    readChildren: unaryOverStore(readChildren(parts.engine, parts.tokens)),
    saveCheckpoint: unaryOverStore(saveCheckpoint(parts.engine, parts.tokens)),
    getDocument: unaryOverStore(getDocument(parts)),
    downloadDocument: streamOverStore(downloadDocument(parts)),
    storeDocument: unaryOverStore(storeDocument(parts)),
  });

/** The service that KEDA calls, to learn how many workers are needed. */
export const scalerService = (engine: Engine) =>
  bindService(ExternalScaler, {
    isActive: unaryOverStore(isActive(engine)),
    streamIsActive: streamOverStore(streamIsActive(engine, engine.clock)),
    getMetricSpec,
    getMetrics: unaryOverStore(getMetrics(engine)),
  });

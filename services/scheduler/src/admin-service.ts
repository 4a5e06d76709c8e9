import type { Engine } from "@millrace/engine";
import { AdminService } from "@millrace/proto/admin-service";
import { type BoundService, bindService } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import {
  type ConfigurationCalls,
  configurationApplier,
} from "./configuration/apply-configuration.ts";
import { putDeclaredSchedule } from "./configuration/declared-schedule.ts";
import { applyConfiguration } from "./handlers/admin/apply-configuration.ts";
import { audit } from "./handlers/admin/audit.ts";
import { cancelJob } from "./handlers/admin/cancel-job.ts";
import { cancelJobs } from "./handlers/admin/cancel-jobs.ts";
import { createApiKey } from "./handlers/admin/create-api-key.ts";
import { deleteModel } from "./handlers/admin/delete-model.ts";
import { deleteProviderAccount } from "./handlers/admin/delete-provider-account.ts";
import { explainJob } from "./handlers/admin/explain-job.ts";
import { getDeadLetter } from "./handlers/admin/get-dead-letter.ts";
import { getJob } from "./handlers/admin/get-job.ts";
import { getModel } from "./handlers/admin/get-model.ts";
import { listApiKeys } from "./handlers/admin/list-api-keys.ts";
import { listChanges } from "./handlers/admin/list-changes.ts";
import { listDeadLetters } from "./handlers/admin/list-dead-letters.ts";
import { listJobs } from "./handlers/admin/list-jobs.ts";
import { listModels } from "./handlers/admin/list-models.ts";
import { listProviderAccounts } from "./handlers/admin/list-provider-accounts.ts";
import { listQueues } from "./handlers/admin/list-queues.ts";
import { listSpend } from "./handlers/admin/list-spend.ts";
import { listUsage } from "./handlers/admin/list-usage.ts";
import { listWorkers } from "./handlers/admin/list-workers.ts";
import { pauseQueue } from "./handlers/admin/pause-queue.ts";
import { purgeDeadLetters } from "./handlers/admin/purge-dead-letters.ts";
import { putModel } from "./handlers/admin/put-model.ts";
import { putProviderAccount } from "./handlers/admin/put-provider-account.ts";
import { putQueue } from "./handlers/admin/put-queue.ts";
import { redriveDeadLetters } from "./handlers/admin/redrive-dead-letters.ts";
import { resetProviderAccount } from "./handlers/admin/reset-provider-account.ts";
import { resumeQueue } from "./handlers/admin/resume-queue.ts";
import { revokeApiKey } from "./handlers/admin/revoke-api-key.ts";
import { rotateApiKey } from "./handlers/admin/rotate-api-key.ts";
import { updateApiKey } from "./handlers/admin/update-api-key.ts";
import { watchJob } from "./handlers/admin/watch-job.ts";
import type { JobObserver } from "./observing/job-observer.ts";
import { keyIdOf } from "./operators/existing-key.ts";
import { changeRecorder, type RecordChange } from "./operators/record-change.ts";
import { storeApiKey } from "./operators/store-api-key.ts";
import { storeWebhookEndpoint } from "./operators/store-webhook-endpoint.ts";
import { DEFAULT_SCHEDULES_PER_KEY } from "./schedules/store-schedule.ts";
import type { AllWorkers, ListsWorkers } from "./session/all-workers.ts";
import { streamOverStore, unaryOverStore } from "./store/store-outage.ts";
import type { Operator } from "./tokens/operator-tokens.ts";
import { receiverViolations, typesFor } from "./webhooks/receiver-rules.ts";
import { notSetUp, type WebhookParts } from "./webhooks/webhook-parts.ts";

/** The handlers of AdminService that apply a configuration. */
export const configurationCalls = (
  engine: Engine,
  record: RecordChange,
  webhooks: WebhookParts,
  workers: ListsWorkers,
  schedulesPerKey: number = DEFAULT_SCHEDULES_PER_KEY,
): ConfigurationCalls => ({
  putProviderAccount: putProviderAccount(engine, record),
  putModel: putModel(engine, record, workers),
  workers,
  putQueue: putQueue(engine, record),
  storeApiKey: storeApiKey(engine, record, webhooks.clock),
  updateApiKey: updateApiKey(engine, record),
  putSchedule: putDeclaredSchedule(
    { engine, clock: webhooks.clock, most: schedulesPerKey },
    record,
  ),
  storeWebhookEndpoint: storeWebhookEndpoint(webhooks, record),
  webhookRules: {
    endpointsPerKey: webhooks.endpointsPerKey,
    violationsOf: (endpoint) =>
      webhooks.sealer === undefined
        ? [{ field: "name", description: notSetUp.message }]
        : receiverViolations(endpoint, webhooks.urlProblem, {
            known: typesFor(keyIdOf(endpoint.keyId)),
          }),
  },
});

/** The service that operators call. A call's identity is the operator whose token it carries. */
export function adminService(
  engine: Engine,
  clock: Clock,
  random: Random,
  workers: Pick<AllWorkers, "list" | "schedulerId">,
  observer: Pick<JobObserver, "ended">,
  webhooks: WebhookParts,
  schedulesPerKey?: number,
): BoundService<Operator> {
  const record = changeRecorder(engine.changeLog);
  const calls = configurationCalls(engine, record, webhooks, workers, schedulesPerKey);
  const apply = configurationApplier(engine, calls);
  return bindService<typeof AdminService, Operator>(AdminService, {
    createApiKey: unaryOverStore(createApiKey(storeApiKey(engine, record, clock), random)),
    listApiKeys: unaryOverStore(listApiKeys(engine)),
    updateApiKey: unaryOverStore(updateApiKey(engine, record)),
    rotateApiKey: unaryOverStore(rotateApiKey(engine, record, random)),
    revokeApiKey: unaryOverStore(revokeApiKey(engine, record)),
    putQueue: unaryOverStore(putQueue(engine, record)),
    listQueues: unaryOverStore(listQueues(engine)),
    pauseQueue: unaryOverStore(pauseQueue(engine, record)),
    resumeQueue: unaryOverStore(resumeQueue(engine, record)),
    listDeadLetters: unaryOverStore(listDeadLetters(engine)),
    getDeadLetter: unaryOverStore(getDeadLetter(engine)),
    redriveDeadLetters: streamOverStore(redriveDeadLetters(engine, record, clock)),
    purgeDeadLetters: unaryOverStore(purgeDeadLetters(engine, record, clock)),
    putProviderAccount: unaryOverStore(putProviderAccount(engine, record)),
    listProviderAccounts: unaryOverStore(listProviderAccounts(engine)),
    deleteProviderAccount: unaryOverStore(deleteProviderAccount(engine, record)),
    resetProviderAccount: unaryOverStore(resetProviderAccount(engine, record)),
    putModel: unaryOverStore(calls.putModel),
    getModel: unaryOverStore(getModel(engine, workers)),
    listModels: unaryOverStore(listModels(engine, workers)),
    deleteModel: unaryOverStore(deleteModel(engine, record)),
    applyConfiguration: unaryOverStore(applyConfiguration(apply)),
    listWorkers: unaryOverStore(listWorkers(workers)),
    listChanges: unaryOverStore(listChanges(engine)),
    audit: streamOverStore(audit(engine, record)),
    listJobs: unaryOverStore(listJobs(engine)),
    getJob: unaryOverStore(getJob(engine)),
    explainJob: unaryOverStore(explainJob(engine, clock, workers)),
    watchJob: streamOverStore(watchJob(engine)),
    cancelJob: unaryOverStore(cancelJob(engine, observer, record)),
    cancelJobs: streamOverStore(cancelJobs(engine, observer, record, clock)),
    listUsage: unaryOverStore(listUsage(engine, clock)),
    listSpend: unaryOverStore(listSpend(engine, clock)),
  });
}

import type { Engine } from "@millrace/engine";
import { AdminService } from "@millrace/proto/admin-service";
import { bindService, notImplemented } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import { createApiKey } from "./handlers/admin/create-api-key.ts";
import { deleteProviderAccount } from "./handlers/admin/delete-provider-account.ts";
import { getDeadLetter } from "./handlers/admin/get-dead-letter.ts";
import { listApiKeys } from "./handlers/admin/list-api-keys.ts";
import { listDeadLetters } from "./handlers/admin/list-dead-letters.ts";
import { listProviderAccounts } from "./handlers/admin/list-provider-accounts.ts";
import { listQueues } from "./handlers/admin/list-queues.ts";
import { pauseQueue } from "./handlers/admin/pause-queue.ts";
import { purgeDeadLetters } from "./handlers/admin/purge-dead-letters.ts";
import { putProviderAccount } from "./handlers/admin/put-provider-account.ts";
import { putQueue } from "./handlers/admin/put-queue.ts";
import { redriveDeadLetters } from "./handlers/admin/redrive-dead-letters.ts";
import { resetProviderAccount } from "./handlers/admin/reset-provider-account.ts";
import { resumeQueue } from "./handlers/admin/resume-queue.ts";
import { revokeApiKey } from "./handlers/admin/revoke-api-key.ts";
import { rotateApiKey } from "./handlers/admin/rotate-api-key.ts";
import { updateApiKey } from "./handlers/admin/update-api-key.ts";
import { streamOverStore, unaryOverStore } from "./store-outage.ts";

/** What operators call. */
export const adminService = (engine: Engine, clock: Clock, random: Random) =>
  bindService(AdminService, {
    createApiKey: unaryOverStore(createApiKey(engine, clock, random)),
    listApiKeys: unaryOverStore(listApiKeys(engine)),
    updateApiKey: unaryOverStore(updateApiKey(engine)),
    rotateApiKey: unaryOverStore(rotateApiKey(engine, random)),
    revokeApiKey: unaryOverStore(revokeApiKey(engine)),
    putQueue: unaryOverStore(putQueue(engine)),
    listQueues: unaryOverStore(listQueues(engine)),
    pauseQueue: unaryOverStore(pauseQueue(engine)),
    resumeQueue: unaryOverStore(resumeQueue(engine)),
    listDeadLetters: unaryOverStore(listDeadLetters(engine)),
    getDeadLetter: unaryOverStore(getDeadLetter(engine)),
    redriveDeadLetters: streamOverStore(redriveDeadLetters(engine, clock)),
    purgeDeadLetters: unaryOverStore(purgeDeadLetters(engine, clock)),
    putProviderAccount: unaryOverStore(putProviderAccount(engine)),
    listProviderAccounts: unaryOverStore(listProviderAccounts(engine)),
    deleteProviderAccount: unaryOverStore(deleteProviderAccount(engine)),
    resetProviderAccount: unaryOverStore(resetProviderAccount(engine)),
    listAuditEvents: notImplemented,
  });

import type { Engine } from "@millrace/engine";
import { AdminService } from "@millrace/proto/admin-service";
import { bindService, notImplemented } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import { createApiKey } from "./handlers/admin/create-api-key.ts";
import { putQueue } from "./handlers/admin/put-queue.ts";
import { unaryOverStore } from "./store-outage.ts";

/** What operators call. */
export const adminService = (engine: Engine, clock: Clock, random: Random) =>
  bindService(AdminService, {
    createApiKey: unaryOverStore(createApiKey(engine, clock, random)),
    listApiKeys: notImplemented,
    updateApiKey: notImplemented,
    rotateApiKey: notImplemented,
    revokeApiKey: notImplemented,
    putQueue: unaryOverStore(putQueue(engine)),
    listQueues: notImplemented,
    pauseQueue: notImplemented,
    resumeQueue: notImplemented,
    putProviderAccount: notImplemented,
    listProviderAccounts: notImplemented,
    deleteProviderAccount: notImplemented,
    resetProviderAccount: notImplemented,
    listDeadLetters: notImplemented,
    getDeadLetter: notImplemented,
    redriveDeadLetters: notImplemented,
    purgeDeadLetters: notImplemented,
    listAuditEvents: notImplemented,
  });

import { DocumentService } from "@millrace/proto/document-service";
import { GroupService } from "@millrace/proto/group-service";
import { JobService } from "@millrace/proto/job-service";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { WebhookService } from "@millrace/proto/webhook-service";
import { bindService } from "@millrace/runtime";
import type { Caller } from "./callers/caller.ts";
import type { GatewayParts } from "./gateway-parts.ts";
import { cancelJob } from "./handlers/cancel-job.ts";
import { completeUpload } from "./handlers/complete-upload.ts";
import { createDownload } from "./handlers/create-download.ts";
import { createJobToken } from "./handlers/create-job-token.ts";
import { createUpload } from "./handlers/create-upload.ts";
import { deleteDocument } from "./handlers/delete-document.ts";
import { downloadDocument } from "./handlers/download-document.ts";
import { explainJob } from "./handlers/explain-job.ts";
import { getDocument } from "./handlers/get-document.ts";
import { getJob } from "./handlers/get-job.ts";
import { cancelGroup } from "./handlers/groups/cancel-group.ts";
import { closeGroup } from "./handlers/groups/close-group.ts";
import { createGroup } from "./handlers/groups/create-group.ts";
import { getGroup } from "./handlers/groups/get-group.ts";
import { listGroupChildren } from "./handlers/groups/list-group-children.ts";
import { listGroups } from "./handlers/groups/list-groups.ts";
import { watchGroup } from "./handlers/groups/watch-group.ts";
import { listDocuments } from "./handlers/list-documents.ts";
import { listJobs } from "./handlers/list-jobs.ts";
import { listSpend } from "./handlers/list-spend.ts";
import { quoteJobs } from "./handlers/quote-jobs.ts";
import { createSchedule } from "./handlers/schedules/create-schedule.ts";
import { deleteSchedule } from "./handlers/schedules/delete-schedule.ts";
import { getSchedule } from "./handlers/schedules/get-schedule.ts";
import { listSchedules } from "./handlers/schedules/list-schedules.ts";
import { pauseSchedule } from "./handlers/schedules/pause-schedule.ts";
import { resumeSchedule } from "./handlers/schedules/resume-schedule.ts";
import { runScheduleNow } from "./handlers/schedules/run-schedule-now.ts";
import { updateSchedule } from "./handlers/schedules/update-schedule.ts";
import { submitJob } from "./handlers/submit-job.ts";
import { submitJobs } from "./handlers/submit-jobs.ts";
import { submitStream } from "./handlers/submit-stream.ts";
import { uploadDocument } from "./handlers/upload-document.ts";
import { watchJob } from "./handlers/watch-job.ts";
import { webhookHandlers } from "./handlers/webhooks/webhook-handlers.ts";

/** The public services, for `serve` with `createAuthenticator`. */
export const gatewayServices = (parts: GatewayParts) => [
  bindService<typeof JobService, Caller>(JobService, {
    submitJob: submitJob(parts),
    submitJobs: submitJobs(parts),
    submitStream: submitStream(parts),
    getJob: getJob(parts),
    listJobs: listJobs(parts),
    watchJob: watchJob(parts),
    cancelJob: cancelJob(parts),
    explainJob: explainJob(parts),
    createJobToken: createJobToken(parts),
    listSpend: listSpend(parts),
    quoteJobs: quoteJobs(parts),
  }),
  bindService<typeof GroupService, Caller>(GroupService, {
    createGroup: createGroup(parts),
    closeGroup: closeGroup(parts),
    getGroup: getGroup(parts),
    listGroups: listGroups(parts),
    listGroupChildren: listGroupChildren(parts),
    watchGroup: watchGroup(parts),
    cancelGroup: cancelGroup(parts),
  }),
  bindService<typeof ScheduleService, Caller>(ScheduleService, {
    createSchedule: createSchedule(parts),
    getSchedule: getSchedule(parts),
    listSchedules: listSchedules(parts),
    updateSchedule: updateSchedule(parts),
    deleteSchedule: deleteSchedule(parts),
    pauseSchedule: pauseSchedule(parts),
    resumeSchedule: resumeSchedule(parts),
    runScheduleNow: runScheduleNow(parts),
  }),
  bindService<typeof WebhookService, Caller>(WebhookService, webhookHandlers(parts)),
  bindService<typeof DocumentService, Caller>(DocumentService, {
    uploadDocument: uploadDocument(parts),
    getDocument: getDocument(parts),
    listDocuments: listDocuments(parts),
    deleteDocument: deleteDocument(parts),
    downloadDocument: downloadDocument(parts),
    createUpload: createUpload(parts),
    completeUpload: completeUpload(parts),
    createDownload: createDownload(parts),
  }),
];

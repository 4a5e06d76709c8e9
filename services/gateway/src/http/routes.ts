import type { Clock } from "@millrace/shared";
import type { GatewayParts } from "../gateway-parts.ts";
import { cancelJobRoute } from "./cancel-job.ts";
import { deleteDocumentRoute } from "./delete-document.ts";
import { documentContentRoute } from "./document-content.ts";
import { documentDownloadRoute } from "./document-download.ts";
import { explainJobRoute } from "./explain-job.ts";
import { getDocumentRoute } from "./get-document.ts";
import { getJobRoute } from "./get-job.ts";
import { cancelGroupRoutes } from "./groups/cancel-group.ts";
import { closeGroupRoute } from "./groups/close-group.ts";
import { createGroupRoute } from "./groups/create-group.ts";
import { getGroupRoute } from "./groups/get-group.ts";
import { groupEventsRoute } from "./groups/group-events.ts";
import { listGroupChildrenRoute } from "./groups/list-group-children.ts";
import { listGroupsRoute } from "./groups/list-groups.ts";
import { jobEventsRoute } from "./job-events.ts";
import { jobTokenRoute } from "./job-token.ts";
import { listDocumentsRoute } from "./list-documents.ts";
import { listJobsRoute } from "./list-jobs.ts";
import { listSpendRoute } from "./list-spend.ts";
import { putDocumentRoute } from "./put-document.ts";
import { quoteJobsRoute } from "./quote-jobs.ts";
import type { GatewayRoute } from "./route-description.ts";
import { changeScheduleRoutes } from "./schedules/change-schedule.ts";
import { createScheduleRoute } from "./schedules/create-schedule.ts";
import { getScheduleRoute } from "./schedules/get-schedule.ts";
import { listSchedulesRoute } from "./schedules/list-schedules.ts";
import { updateScheduleRoute } from "./schedules/update-schedule.ts";
import { submitJobRoute } from "./submit-job.ts";
import { submitJobsRoute } from "./submit-jobs.ts";
import { uploadRoutes } from "./uploads.ts";
import { deliveryRoutes } from "./webhooks/deliveries.ts";
import { endpointRoutes } from "./webhooks/endpoints.ts";
import { secretRoutes } from "./webhooks/secrets.ts";

/** Millrace over plain HTTP. Each route belongs to a method of the contract, and that method's handler serves it. */
export const gatewayRoutes = (parts: GatewayParts, clock: Clock): GatewayRoute[] => [
  submitJobRoute(parts),
  listJobsRoute(parts),
  submitJobsRoute(parts),
  quoteJobsRoute(parts),
  getJobRoute(parts),
  explainJobRoute(parts),
  jobTokenRoute(parts),
  cancelJobRoute(parts),
  jobEventsRoute(parts, clock),
  createGroupRoute(parts),
  listGroupsRoute(parts),
  getGroupRoute(parts),
  listGroupChildrenRoute(parts),
  closeGroupRoute(parts),
  ...cancelGroupRoutes(parts),
  groupEventsRoute(parts, clock),
  createScheduleRoute(parts),
  listSchedulesRoute(parts),
  getScheduleRoute(parts),
  updateScheduleRoute(parts),
  ...changeScheduleRoutes(parts),
  ...endpointRoutes(parts),
  ...secretRoutes(parts),
  ...deliveryRoutes(parts),
  putDocumentRoute(parts),
  listDocumentsRoute(parts),
  getDocumentRoute(parts),
  deleteDocumentRoute(parts),
  documentContentRoute(parts),
  documentDownloadRoute(parts),
  ...uploadRoutes(parts),
  listSpendRoute(parts),
];

import type { HttpRoute } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { cancelJobRoute } from "./cancel-job.ts";
import { documentContentRoute } from "./document-content.ts";
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
import { listJobsRoute } from "./list-jobs.ts";
import { putDocumentRoute } from "./put-document.ts";
import { submitJobRoute } from "./submit-job.ts";
import { deliveryRoutes } from "./webhooks/deliveries.ts";
import { endpointRoutes } from "./webhooks/endpoints.ts";
import { secretRoutes } from "./webhooks/secrets.ts";

/** Millrace over plain HTTP. Each route belongs to a method of the contract, and that method's handler serves it. */
export const gatewayRoutes = (parts: GatewayParts, clock: Clock): HttpRoute<Caller>[] => [
  submitJobRoute(parts),
  listJobsRoute(parts),
  getJobRoute(parts),
  cancelJobRoute(parts),
  jobEventsRoute(parts, clock),
  createGroupRoute(parts),
  listGroupsRoute(parts),
  getGroupRoute(parts),
  listGroupChildrenRoute(parts),
  closeGroupRoute(parts),
  ...cancelGroupRoutes(parts),
  groupEventsRoute(parts, clock),
  ...endpointRoutes(parts),
  ...secretRoutes(parts),
  ...deliveryRoutes(parts),
  putDocumentRoute(parts),
  getDocumentRoute(parts),
  documentContentRoute(parts),
];

/** The ways that messages travel: the request and response of every method, found by walking the contract. */
import type { DescService } from "@bufbuild/protobuf";
import { ModelSchema, ModelStatusSchema } from "@millrace/proto/admin-model";
import {
  AdminService,
  ApiKeySchema,
  ChangeSchema,
  ConfigurationSchema,
  ConnectedWorkerSchema,
  DeadLetterFilterSchema,
  DeadLetterSchema,
  KeyBudgetSchema,
  ProviderAccountSchema,
  ProviderAccountStatusSchema,
  QueueSchema,
  QueueStatusSchema,
} from "@millrace/proto/admin-service";
import {
  DocumentSchema,
  DocumentService,
  ListDocumentsResponseSchema,
} from "@millrace/proto/document-service";
import { GroupChildSchema, GroupSchema } from "@millrace/proto/group";
import {
  CancelGroupRequestSchema,
  CreateGroupRequestSchema,
  GroupService,
  ListGroupChildrenResponseSchema,
  ListGroupsResponseSchema,
} from "@millrace/proto/group-service";
import { JobSchema, JobSpecSchema } from "@millrace/proto/job";
import {
  CancelJobRequestSchema,
  CreateJobTokenRequestSchema,
  CreateJobTokenResponseSchema,
  ExplainJobResponseSchema,
  GetJobRequestSchema,
  JobService,
  ListJobsRequestSchema,
  ListJobsResponseSchema,
  WatchJobRequestSchema,
  WatchJobResponseSchema,
} from "@millrace/proto/job-service";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WebhookDeliverySchema, WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import {
  CreateWebhookEndpointRequestSchema,
  ListWebhookDeliveriesRequestSchema,
  ListWebhookDeliveriesResponseSchema,
  ListWebhookEndpointsResponseSchema,
  RotateWebhookSecretRequestSchema,
  UpdateWebhookEndpointRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import {
  AssignmentSchema,
  AttemptOutcomeSchema,
  HelloSchema,
  WorkerChunkSchema,
  WorkerService,
} from "@millrace/proto/worker-service";
import type { Way } from "./ledger.ts";

export const services: readonly DescService[] = [
  JobService,
  GroupService,
  ScheduleService,
  WebhookService,
  DocumentService,
  AdminService,
  WorkerService,
  SchedulerService,
];

/**
 * The method's name, with its service where another service has a method of the same name. Callers' methods keep their
 * names if only operators have the same ones.
 */
function nameOf(service: DescService, name: string): string {
  const others = services.filter((one) => one !== service && one !== AdminService);
  const taken = others.some(({ methods }) => methods.some((method) => method.name === name));
  return taken ? `${service.name}.${name}` : name;
}

export const methodWays: readonly Way[] = services.flatMap((service) =>
  service.methods.flatMap(({ name, input, output }) => [
    { name: `${nameOf(service, name)} request`, desc: input },
    { name: `${nameOf(service, name)} response`, desc: output },
  ]),
);

/** The ways that are not methods of the contract: the forms of a message for those who do not use gRPC. */
export const otherWays: readonly Way[] = [
  { name: "HTTP POST /v1/jobs body", desc: JobSpecSchema },
  { name: "HTTP POST /v1/jobs answer", desc: JobSchema },
  { name: "HTTP GET /v1/jobs/{id}", desc: JobSchema },
  { name: "HTTP DELETE /v1/jobs/{id}", desc: JobSchema },
  { name: "HTTP GET /v1/jobs/{id} query", desc: GetJobRequestSchema },
  { name: "HTTP GET /v1/jobs/{id}/events query", desc: WatchJobRequestSchema },
  { name: "HTTP DELETE /v1/jobs/{id} query", desc: CancelJobRequestSchema },
  { name: "client cancel request", desc: CancelJobRequestSchema },
  { name: "millrace cancel", desc: JobSchema },
  { name: "millrace cancel flags", desc: CancelJobRequestSchema },
  { name: "HTTP GET /v1/jobs/{id}/explain", desc: ExplainJobResponseSchema },
  { name: "HTTP POST /v1/jobs/{id}/token", desc: CreateJobTokenResponseSchema },
  { name: "HTTP POST /v1/jobs/{id}/token query", desc: CreateJobTokenRequestSchema },
  { name: "HTTP POST /v1/jobs:batch body", desc: JobSpecSchema },
  { name: "HTTP GET /v1/jobs query", desc: ListJobsRequestSchema },
  { name: "HTTP GET /v1/jobs", desc: ListJobsResponseSchema },
  { name: "HTTP GET /v1/jobs/{id}/events", desc: WatchJobResponseSchema },
  { name: "HTTP POST /v1/groups body", desc: CreateGroupRequestSchema },
  { name: "HTTP POST /v1/groups answer", desc: GroupSchema },
  { name: "HTTP GET /v1/groups/{id}", desc: GroupSchema },
  { name: "HTTP GET /v1/groups", desc: ListGroupsResponseSchema },
  { name: "HTTP GET /v1/groups/{id}/children", desc: ListGroupChildrenResponseSchema },
  { name: "HTTP GET /v1/groups/{id}/events", desc: GroupSchema },
  { name: "HTTP POST /v1/groups/{id}:close", desc: GroupSchema },
  { name: "HTTP DELETE /v1/groups/{id}", desc: GroupSchema },
  { name: "HTTP DELETE /v1/groups/{id} query", desc: CancelGroupRequestSchema },
  { name: "client createGroup", desc: CreateGroupRequestSchema },
  { name: "client group", desc: GroupSchema },
  { name: "client group children", desc: GroupChildSchema },
  { name: "client group cancel", desc: CancelGroupRequestSchema },
  { name: "millrace groups create", desc: CreateGroupRequestSchema },
  { name: "millrace groups get", desc: GroupSchema },
  { name: "millrace groups children", desc: GroupChildSchema },
  { name: "millrace groups cancel flags", desc: CancelGroupRequestSchema },
  { name: "HTTP POST /v1/webhook-endpoints body", desc: CreateWebhookEndpointRequestSchema },
  { name: "HTTP GET /v1/webhook-endpoints", desc: ListWebhookEndpointsResponseSchema },
  { name: "HTTP GET /v1/webhook-endpoints/{id}", desc: WebhookEndpointSchema },
  { name: "HTTP PATCH /v1/webhook-endpoints/{id} body", desc: UpdateWebhookEndpointRequestSchema },
  {
    name: "HTTP POST /v1/webhook-endpoints/{id}:rotate body",
    desc: RotateWebhookSecretRequestSchema,
  },
  { name: "HTTP GET /v1/webhook-deliveries", desc: ListWebhookDeliveriesResponseSchema },
  { name: "HTTP GET /v1/webhook-deliveries query", desc: ListWebhookDeliveriesRequestSchema },
  { name: "HTTP GET /v1/webhook-deliveries/{id}", desc: WebhookDeliverySchema },
  { name: "client webhooks create", desc: CreateWebhookEndpointRequestSchema },
  { name: "client webhooks get", desc: WebhookEndpointSchema },
  { name: "client webhooks update", desc: UpdateWebhookEndpointRequestSchema },
  { name: "client webhooks rotate", desc: RotateWebhookSecretRequestSchema },
  { name: "client webhooks delivery", desc: WebhookDeliverySchema },
  { name: "millrace webhooks create", desc: CreateWebhookEndpointRequestSchema },
  { name: "millrace webhooks show", desc: WebhookEndpointSchema },
  { name: "millrace webhooks update", desc: UpdateWebhookEndpointRequestSchema },
  { name: "millrace webhooks rotate", desc: RotateWebhookSecretRequestSchema },
  { name: "millrace webhooks show delivery", desc: WebhookDeliverySchema },
  { name: "HTTP PUT /v1/documents", desc: DocumentSchema },
  { name: "HTTP GET /v1/documents/{id}", desc: DocumentSchema },
  { name: "HTTP GET /v1/documents", desc: ListDocumentsResponseSchema },
  { name: "client submit", desc: JobSpecSchema },
  { name: "client getJob", desc: JobSchema },
  { name: "client list", desc: JobSchema },
  { name: "client list filter", desc: ListJobsRequestSchema },
  { name: "client wait", desc: JobSchema },
  { name: "client watch", desc: WatchJobResponseSchema },
  { name: "client cancel", desc: JobSchema },
  { name: "client explain", desc: ExplainJobResponseSchema },
  { name: "client createJobToken", desc: CreateJobTokenResponseSchema },
  { name: "client createJobToken request", desc: CreateJobTokenRequestSchema },
  { name: "client uploadDocument", desc: DocumentSchema },
  { name: "client getDocument", desc: DocumentSchema },
  { name: "client listDocuments", desc: DocumentSchema },
  { name: "millrace submit", desc: JobSpecSchema },
  { name: "millrace get", desc: JobSchema },
  { name: "millrace jobs get", desc: JobSchema },
  { name: "millrace jobs list", desc: JobSchema },
  { name: "millrace list", desc: JobSchema },
  { name: "millrace watch", desc: WatchJobResponseSchema },
  { name: "millrace explain", desc: ExplainJobResponseSchema },
  { name: "millrace token", desc: CreateJobTokenResponseSchema },
  { name: "millrace token flags", desc: CreateJobTokenRequestSchema },
  { name: "millrace documents upload", desc: DocumentSchema },
  { name: "millrace documents get", desc: DocumentSchema },
  { name: "millrace keys create", desc: KeyBudgetSchema },
  { name: "millrace keys update", desc: KeyBudgetSchema },
  { name: "millrace keys list", desc: ApiKeySchema },
  { name: "millrace queues put", desc: QueueSchema },
  { name: "millrace queues list", desc: QueueStatusSchema },
  { name: "millrace providers put", desc: ProviderAccountSchema },
  { name: "millrace providers list", desc: ProviderAccountStatusSchema },
  { name: "millrace models get", desc: ModelStatusSchema },
  { name: "millrace models list", desc: ModelStatusSchema },
  { name: "millrace models put", desc: ModelSchema },
  { name: "millrace list flags", desc: ListJobsRequestSchema },
  { name: "millrace dead-letters flags", desc: DeadLetterFilterSchema },
  { name: "millrace dead-letters list", desc: DeadLetterSchema },
  { name: "millrace dead-letters show", desc: DeadLetterSchema },
  { name: "millrace workers list", desc: ConnectedWorkerSchema },
  { name: "millrace changes", desc: ChangeSchema },
  { name: "configuration file", desc: ConfigurationSchema },
  { name: "worker SDK assignment", desc: AssignmentSchema },
  { name: "worker SDK hello", desc: HelloSchema },
  { name: "worker SDK output", desc: WorkerChunkSchema },
  { name: "worker SDK outcome", desc: AttemptOutcomeSchema },
];

export const ways: readonly Way[] = [...methodWays, ...otherWays];

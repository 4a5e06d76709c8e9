import type { DescService } from "@bufbuild/protobuf";
import { AdminService } from "@millrace/proto/admin-service";
import { WebhookService } from "@millrace/proto/webhook-service";

/** What a token of operators allows: a reader may look, and an operator may also change. */
export const roles = ["reader", "operator"] as const;
export type Role = (typeof roles)[number];

type Roles<Service extends DescService> = Readonly<Record<keyof Service["method"], Role>>;

/** The least role that each call of AdminService needs. */
const adminRoles: Roles<typeof AdminService> = {
  createApiKey: "operator",
  listApiKeys: "reader",
  updateApiKey: "operator",
  rotateApiKey: "operator",
  revokeApiKey: "operator",
  putQueue: "operator",
  listQueues: "reader",
  pauseQueue: "operator",
  resumeQueue: "operator",
  putProviderAccount: "operator",
  listProviderAccounts: "reader",
  deleteProviderAccount: "operator",
  resetProviderAccount: "operator",
  putModel: "operator",
  getModel: "reader",
  listModels: "reader",
  deleteModel: "operator",
  listWorkers: "reader",
  listDeadLetters: "reader",
  getDeadLetter: "reader",
  redriveDeadLetters: "operator",
  purgeDeadLetters: "operator",
  applyConfiguration: "operator",
  listChanges: "reader",
  // It may repair, and it reads everything that is stored.
  audit: "operator",
  listJobs: "reader",
  getJob: "reader",
  explainJob: "reader",
  watchJob: "reader",
  cancelJob: "operator",
  cancelJobs: "operator",
  listUsage: "reader",
  listSpend: "reader",
};

/** The least role that each call about the endpoints of operators needs. */
const webhookRoles: Roles<typeof WebhookService> = {
  createWebhookEndpoint: "operator",
  getWebhookEndpoint: "reader",
  listWebhookEndpoints: "reader",
  updateWebhookEndpoint: "operator",
  deleteWebhookEndpoint: "operator",
  rotateWebhookSecret: "operator",
  // It returns a secret.
  getCallbackSecret: "operator",
  sendTestEvent: "operator",
  listWebhookDeliveries: "reader",
  getWebhookDelivery: "reader",
  redeliverWebhooks: "operator",
};

/** The services that operators are served, with the roles of their calls. */
export const operatorServices: readonly (readonly [DescService, Readonly<Record<string, Role>>])[] =
  [
    [AdminService, adminRoles],
    [WebhookService, webhookRoles],
  ];

const byPath = new Map<string, Role>(
  operatorServices.flatMap(([service, rolesOfCalls]) =>
    service.methods.map(({ name, localName }): [string, Role] => [
      `/${service.typeName}/${name}`,
      rolesOfCalls[localName] ?? "operator",
    ]),
  ),
);

/** Whether a token with this role may make the call. A call that has no role is for operators. */
export const mayCall = (role: Role, path: string): boolean =>
  roles.indexOf(role) >= roles.indexOf(byPath.get(path) ?? "operator");

import { AdminService } from "@millrace/proto/admin-service";

/** What a token of operators allows: a reader may look, and an operator may also change. */
export const roles = ["reader", "operator"] as const;
export type Role = (typeof roles)[number];

/** The least role that each call needs. */
export const roleOfCall: Readonly<Record<keyof (typeof AdminService)["method"], Role>> = {
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
};

const byPath = new Map<string, Role>(
  AdminService.methods.map((method) => [
    `/${AdminService.typeName}/${method.name}`,
    roleOfCall[method.localName as keyof typeof roleOfCall],
  ]),
);

/** Whether a token with this role may make the call. A call that has no role is for operators. */
export const mayCall = (role: Role, path: string): boolean =>
  roles.indexOf(role) >= roles.indexOf(byPath.get(path) ?? "operator");

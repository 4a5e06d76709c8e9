/** A call of every method of the contract, and its outcome. A method without a call does not compile. */
import type { DescService } from "@bufbuild/protobuf";
import { AdminService } from "@millrace/proto/admin-service";
import { DocumentService } from "@millrace/proto/document-service";
import { GroupService } from "@millrace/proto/group-service";
import { JobService } from "@millrace/proto/job-service";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WebhookService } from "@millrace/proto/webhook-service";
import { WorkerService } from "@millrace/proto/worker-service";
import type { CredentialName, Outcome, SystemWithCredentials } from "./credentials.ts";

/** The credentials that gateways accept. */
export const anyCaller: readonly CredentialName[] = [
  "caller",
  "caller by its old secret, in its grace",
  "another caller",
];

/** Which methods and routes the job tokens of a caller allow, for their one job. */
const tokenReads = [
  ...["JobService.GetJob", "JobService.WatchJob", "JobService.ExplainJob"],
  ...["GET /v1/jobs/{id}", "GET /v1/jobs/{id}/events", "GET /v1/jobs/{id}/explain"],
];
const tokenAllows: Readonly<Partial<Record<CredentialName, readonly string[]>>> = {
  "job token to read": tokenReads,
  "job token to cancel": [...tokenReads, "JobService.CancelJob", "DELETE /v1/jobs/{id}"],
};
/** Whether gateways know the credential. A job token may still not allow the call. */
export const isKnownToGateways = (credential: CredentialName): boolean =>
  anyCaller.includes(credential) || tokenAllows[credential] !== undefined;
export const allows = (credential: CredentialName, name: string): boolean =>
  tokenAllows[credential]?.includes(name) ?? true;

export const addressesOf = ({ system }: SystemWithCredentials) => ({
  "the gateway's gRPC": system.gateways[0]?.addresses.address,
  "the gateway's HTTP": system.gateways[0]?.addresses.http,
  "the scheduler's for gateways": system.schedulers[0]?.addresses.address,
  "the scheduler's for workers": system.schedulers[0]?.addresses.workers,
  "the scheduler's for operators": system.schedulers[0]?.addresses.admin,
  "the scheduler's HTTP for operators": system.schedulers[0]?.addresses.adminHttp,
});
export type Listener = keyof ReturnType<typeof addressesOf>;

/** What an allowed credential gets. `other` is what another caller gets for something that belongs to the caller. */
export interface Row {
  readonly send: readonly object[];
  readonly tells: Outcome;
  readonly other?: Outcome;
}
type Rows<Service extends DescService> = Readonly<Record<keyof Service["method"], Row>>;

export const queue = "documents";
export const spec = (by: string) => ({ queue, type: "none", labels: { by } });
const notFound = { tells: "OK", other: "JOB_NOT_FOUND" };
const groupNotFound = { tells: "OK", other: "GROUP_NOT_FOUND" };
const webhookNotFound = { tells: "OK", other: "WEBHOOK_NOT_FOUND" };
const deliveryNotFound = { tells: "OK", other: "DELIVERY_NOT_FOUND" };
const documentNotFound = { tells: "OK", other: "DOCUMENT_NOT_FOUND" };
const filter = { queue };

/** For each service: where it is served, a call of each method, the accepted credentials, and what all others get. */
export interface ServiceCalls {
  readonly desc: DescService;
  /** `by` marks what the call creates. */
  readonly rows: (by: string) => Readonly<Record<string, Row>>;
  readonly at: readonly Listener[];
  readonly letsIn: readonly CredentialName[];
  readonly refuses: Outcome;
}

/** A key, an account and a dead letter that do not exist. */
const absent = {
  keyId: "nobody00",
  account: "none/at-all",
  jobId: `${queue}~nobody00~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
  documentId: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  endpointId: "we_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  secret: `whsec_${Buffer.alloc(32, "s").toString("base64")}`,
};
const jobRows = ({ jobId }: SystemWithCredentials, by: string): Rows<typeof JobService> => ({
  submitJob: { send: [{ job: spec(by) }], tells: "OK" },
  submitJobs: { send: [{ jobs: [spec(by)] }], tells: "OK" },
  submitStream: { send: [{ jobs: [{ sequence: 1n, job: spec(by) }] }], tells: "OK" },
  getJob: { send: [{ jobId }], ...notFound },
  listJobs: { send: [{ queue }], tells: "OK" },
  watchJob: { send: [{ jobId }], ...notFound },
  cancelJob: { send: [{ jobId }], ...notFound },
  explainJob: { send: [{ jobId }], ...notFound },
  createJobToken: { send: [{ jobId }], ...notFound },
  listSpend: { send: [{}], tells: "OK" },
  quoteJobs: { send: [{ jobs: [spec(by)] }], tells: "OK" },
});
const groupRows = ({ groupId }: SystemWithCredentials, by: string): Rows<typeof GroupService> => ({
  createGroup: { send: [{ group: { queue, labels: { by } } }], tells: "OK" },
  closeGroup: { send: [{ groupId }], ...groupNotFound },
  getGroup: { send: [{ groupId }], ...groupNotFound },
  listGroups: { send: [{ queue }], tells: "OK" },
  listGroupChildren: { send: [{ groupId }], ...groupNotFound },
  watchGroup: { send: [{ groupId }], ...groupNotFound },
  cancelGroup: { send: [{ groupId }], ...groupNotFound },
});
const scheduleNotFound = { tells: "OK", other: "SCHEDULE_NOT_FOUND" };
export const scheduleSpec = (by: string) => ({
  name: by.replaceAll(/[^a-z]/g, "-"),
  timing: { case: "cron", value: "0 0 1 1 *" } as const,
  job: spec(by),
});
const scheduleRows = (
  { scheduleId }: SystemWithCredentials,
  by: string,
): Rows<typeof ScheduleService> => ({
  createSchedule: { send: [{ spec: scheduleSpec(by) }], tells: "OK" },
  getSchedule: { send: [{ scheduleId }], ...scheduleNotFound },
  listSchedules: { send: [{ queue }], tells: "OK" },
  updateSchedule: { send: [{ scheduleId, changes: { catchUp: 2 } }], ...scheduleNotFound },
  deleteSchedule: { send: [{ scheduleId: `${scheduleId}-2` }], tells: "SCHEDULE_NOT_FOUND" },
  pauseSchedule: { send: [{ scheduleId }], ...scheduleNotFound },
  resumeSchedule: { send: [{ scheduleId }], ...scheduleNotFound },
  runScheduleNow: { send: [{ scheduleId }], ...scheduleNotFound },
});
const webhookRows = (
  { endpointId, deliveryId }: SystemWithCredentials,
  by: string,
): Rows<typeof WebhookService> => ({
  createWebhookEndpoint: {
    send: [{ url: `https://example.com/${encodeURIComponent(by)}` }],
    tells: "OK",
  },
  getWebhookEndpoint: { send: [{ endpointId }], ...webhookNotFound },
  listWebhookEndpoints: { send: [{}], tells: "OK" },
  updateWebhookEndpoint: { send: [{ endpointId }], ...webhookNotFound },
  // Of an endpoint that does not exist, because the other calls need theirs.
  deleteWebhookEndpoint: { send: [{ endpointId: absent.endpointId }], tells: "OK" },
  rotateWebhookSecret: { send: [{ endpointId }], ...webhookNotFound },
  getCallbackSecret: { send: [{}], tells: "OK" },
  sendTestEvent: { send: [{ endpointId }], ...webhookNotFound },
  listWebhookDeliveries: { send: [{}], tells: "OK" },
  getWebhookDelivery: { send: [{ deliveryId }], ...deliveryNotFound },
  redeliverWebhooks: {
    send: [{ what: { case: "deliveryId", value: deliveryId } }],
    ...deliveryNotFound,
  },
});
const operatorWebhookRows = (
  known: SystemWithCredentials,
  by: string,
): Rows<typeof WebhookService> => {
  const rows = Object.entries(webhookRows(known, by)).map(([method, { send, tells, other }]) => [
    method,
    { send, tells: other ?? tells },
  ]);
  return {
    ...(Object.fromEntries(rows) as Rows<typeof WebhookService>),
    // Operators have no jobs, and so no callbacks.
    getCallbackSecret: { send: [{}], tells: "MALFORMED" },
  };
};
const documentRows = ({ documentId }: SystemWithCredentials): Rows<typeof DocumentService> => ({
  uploadDocument: {
    send: [
      { part: { case: "header", value: { name: "a.txt" } } },
      { part: { case: "content", value: new Uint8Array(Buffer.from("The sea.")) } },
      { part: { case: "end", value: {} } },
    ],
    tells: "OK",
  },
  getDocument: { send: [{ documentId }], ...documentNotFound },
  downloadDocument: { send: [{ documentId }], ...documentNotFound },
  listDocuments: { send: [{}], tells: "OK" },
  deleteDocument: { send: [{ documentId: absent.documentId }], tells: "DOCUMENT_NOT_FOUND" },
  // Documents are in a directory here; services/gateway/test/document-addresses.test.ts has them in an object store.
  createUpload: {
    send: [{ header: { name: "a.txt" }, size: 1n, sha256: "0".repeat(64) }],
    tells: "NO_OBJECT_STORE",
  },
  completeUpload: { send: [{ uploadId: absent.documentId }], tells: "NO_OBJECT_STORE" },
  createDownload: { send: [{ documentId }], tells: "NO_OBJECT_STORE" },
});
/** A call about webhooks of another key than the one that owns them. */
const ofOther = (keyId: string, request: object, tells = "WEBHOOK_NOT_FOUND"): Row => ({
  ...{ send: [{ keyId, request }], tells },
});
const schedulerRows = ({
  keyId,
  otherKeyId,
  jobId,
  groupId,
  scheduleId,
  endpointId,
  deliveryId,
}: SystemWithCredentials): Rows<typeof SchedulerService> => ({
  createWebhookEndpoint: {
    send: [{ keyId: otherKeyId, endpointId, request: { url: "https://example.com" } }],
    tells: "WEBHOOK_NOT_FOUND",
  },
  getWebhookEndpoint: ofOther(otherKeyId, { endpointId }),
  listWebhookEndpoints: { send: [{ keyId, request: {} }], tells: "OK" },
  updateWebhookEndpoint: ofOther(otherKeyId, { endpointId }),
  deleteWebhookEndpoint: ofOther(otherKeyId, { endpointId }),
  rotateWebhookSecret: ofOther(otherKeyId, { endpointId, secret: absent.secret }),
  getCallbackSecret: { send: [{ keyId, request: {} }], tells: "OK" },
  sendTestEvent: ofOther(otherKeyId, { endpointId }),
  listWebhookDeliveries: { send: [{ keyId, request: {} }], tells: "OK" },
  getWebhookDelivery: ofOther(otherKeyId, { deliveryId }, "DELIVERY_NOT_FOUND"),
  redeliverWebhooks: ofOther(
    otherKeyId,
    { what: { case: "deliveryId", value: deliveryId } },
    "DELIVERY_NOT_FOUND",
  ),
  authenticate: { send: [{ keyId, secretSha256: new Uint8Array(32) }], tells: "UNAUTHENTICATED" },
  createJobToken: { send: [{ keyId: otherKeyId, token: { jobId } }], tells: "JOB_NOT_FOUND" },
  authenticateJobToken: { send: [{ token: "mrj_garbage" }], tells: "UNAUTHENTICATED" },
  getTime: { send: [{}], tells: "OK" },
  submit: { send: [{}], tells: "OK" },
  getJobs: { send: [{ keyId, jobIds: [jobId] }], tells: "OK" },
  list: { send: [{ keyId, filter: { queue } }], tells: "OK" },
  watch: { send: [{ keyId: otherKeyId, watch: { jobId } }], tells: "JOB_NOT_FOUND" },
  watchFinished: { send: [{ addJobIds: [jobId] }], tells: "OK" },
  cancel: { send: [{ keyId: otherKeyId, cancel: { jobId } }], tells: "JOB_NOT_FOUND" },
  remove: { send: [{ keyId: otherKeyId, jobId }], tells: "JOB_NOT_FOUND" },
  explain: { send: [{ keyId: otherKeyId, explain: { jobId } }], tells: "JOB_NOT_FOUND" },
  getQueue: { send: [{ name: queue }], tells: "OK" },
  listModels: { send: [{}], tells: "OK" },
  findDocumentUses: { send: [{ keyId, documentIds: [absent.documentId] }], tells: "OK" },
  createGroup: { send: [{ groupId: absent.jobId, spec: { queue } }], tells: "OK" },
  closeGroup: { send: [{ keyId: otherKeyId, groupId }], tells: "GROUP_NOT_FOUND" },
  getGroup: { send: [{ keyId: otherKeyId, groupId }], tells: "GROUP_NOT_FOUND" },
  listGroups: { send: [{ keyId, filter: { queue } }], tells: "OK" },
  listGroupChildren: {
    send: [{ keyId: otherKeyId, filter: { groupId } }],
    tells: "GROUP_NOT_FOUND",
  },
  watchGroup: { send: [{ keyId: otherKeyId, groupId }], tells: "GROUP_NOT_FOUND" },
  cancelGroup: { send: [{ keyId: otherKeyId, cancel: { groupId } }], tells: "GROUP_NOT_FOUND" },
  createSchedule: { send: [{ keyId, spec: scheduleSpec("gateway") }], tells: "OK" },
  getSchedule: { send: [{ keyId: otherKeyId, scheduleId }], tells: "SCHEDULE_NOT_FOUND" },
  listSchedules: { send: [{ keyId, filter: { queue } }], tells: "OK" },
  listSpend: { send: [{ keyId }], tells: "OK" },
  quote: { send: [{ keyId, jobs: [{ spec: spec("gateway") }] }], tells: "OK" },
  updateSchedule: {
    send: [{ keyId: otherKeyId, update: { scheduleId, changes: {} } }],
    tells: "SCHEDULE_NOT_FOUND",
  },
  deleteSchedule: { send: [{ keyId: otherKeyId, scheduleId }], tells: "SCHEDULE_NOT_FOUND" },
  pauseSchedule: { send: [{ keyId: otherKeyId, scheduleId }], tells: "SCHEDULE_NOT_FOUND" },
  runSchedule: { send: [{ keyId: otherKeyId, scheduleId }], tells: "SCHEDULE_NOT_FOUND" },
});
const workerRows = ({ jobId, documentId }: SystemWithCredentials): Rows<typeof WorkerService> => {
  // A worker cannot name the lease of a job that was not assigned to it.
  const forged = { lease: { jobId, fencingToken: 1n } };
  return {
    // A stream that does not begin with hello.
    work: { send: [{ message: { case: "heartbeat", value: {} } }], tells: "MALFORMED" },
    fanOut: {
      send: [{ ...forged, ordinal: 1, planSha256: new Uint8Array(32), firstIndex: 1 }],
      tells: "LEASE_LOST",
    },
    readChildren: { send: [{ ...forged, ordinal: 1 }], tells: "LEASE_LOST" },
    saveCheckpoint: { send: [{ ...forged, checkpointJson: "{}" }], tells: "LEASE_LOST" },
    getDocument: { send: [{ ...forged, documentId }], tells: "LEASE_LOST" },
    downloadDocument: { send: [{ ...forged, documentId }], tells: "LEASE_LOST" },
    storeDocument: {
      send: [{ part: { case: "header", value: { ...forged, name: "a.txt" } } }],
      tells: "LEASE_LOST",
    },
  };
};
const adminRows: Rows<typeof AdminService> = {
  createApiKey: { send: [{ name: "made by the matrix" }], tells: "OK" },
  listApiKeys: { send: [{}], tells: "OK" },
  updateApiKey: { send: [{ keyId: absent.keyId, name: "a" }], tells: "KEY_NOT_FOUND" },
  rotateApiKey: { send: [{ keyId: absent.keyId }], tells: "KEY_NOT_FOUND" },
  revokeApiKey: { send: [{ keyId: absent.keyId }], tells: "KEY_NOT_FOUND" },
  putQueue: { send: [{ queue: { name: "made-by-the-matrix" } }], tells: "OK" },
  listWorkers: { send: [{}], tells: "OK" },
  listQueues: { send: [{}], tells: "OK" },
  pauseQueue: { send: [{ name: "no-such-queue" }], tells: "QUEUE_NOT_FOUND" },
  resumeQueue: { send: [{ name: "no-such-queue" }], tells: "QUEUE_NOT_FOUND" },
  putProviderAccount: { send: [{ account: { name: "made/by-the-matrix" } }], tells: "OK" },
  listProviderAccounts: { send: [{}], tells: "OK" },
  deleteProviderAccount: { send: [{ name: absent.account }], tells: "ACCOUNT_NOT_FOUND" },
  resetProviderAccount: { send: [{ name: absent.account }], tells: "ACCOUNT_NOT_FOUND" },
  putModel: {
    send: [{ model: { name: "made/by-the-matrix", routes: [{ account: "a", model: "m" }] } }],
    tells: "OK",
  },
  getModel: { send: [{ name: absent.account }], tells: "MODEL_NOT_FOUND" },
  listModels: { send: [{}], tells: "OK" },
  deleteModel: { send: [{ name: absent.account }], tells: "MODEL_NOT_FOUND" },
  listDeadLetters: { send: [{ filter }], tells: "OK" },
  getDeadLetter: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  redriveDeadLetters: { send: [{ filter, dryRun: true }], tells: "OK" },
  purgeDeadLetters: { send: [{ filter, dryRun: true }], tells: "OK" },
  applyConfiguration: { send: [{ configuration: {}, dryRun: true }], tells: "OK" },
  listChanges: { send: [{}], tells: "OK" },
  audit: { send: [{}], tells: "OK" },
  listJobs: { send: [{ filter }], tells: "OK" },
  getJob: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  explainJob: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  watchJob: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  cancelJob: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  cancelJobs: { send: [{ filter, dryRun: true }], tells: "OK" },
  listUsage: { send: [{}], tells: "OK" },
  listSpend: { send: [{}], tells: "OK" },
};

export const serviceCalls = (known: SystemWithCredentials): readonly ServiceCalls[] => [
  {
    desc: JobService,
    rows: (by) => jobRows(known, by),
    at: ["the gateway's gRPC", "the gateway's HTTP"],
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: GroupService,
    rows: (by) => groupRows(known, by),
    at: ["the gateway's gRPC", "the gateway's HTTP"],
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: ScheduleService,
    rows: (by) => scheduleRows(known, by),
    at: ["the gateway's gRPC", "the gateway's HTTP"],
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: WebhookService,
    rows: (by) => webhookRows(known, by),
    at: ["the gateway's gRPC", "the gateway's HTTP"],
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: DocumentService,
    rows: () => documentRows(known),
    at: ["the gateway's gRPC", "the gateway's HTTP"],
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: SchedulerService,
    rows: () => schedulerRows(known),
    at: ["the scheduler's for gateways"],
    letsIn: ["gateway"],
    refuses: "TOKEN_REJECTED",
  },
  {
    desc: WorkerService,
    rows: () => workerRows(known),
    at: ["the scheduler's for workers"],
    letsIn: ["worker"],
    refuses: "TOKEN_REJECTED",
  },
  {
    desc: AdminService,
    rows: () => adminRows,
    at: ["the scheduler's for operators", "the scheduler's HTTP for operators"],
    letsIn: ["operator"],
    refuses: "UNAUTHENTICATED",
  },
  {
    // For the endpoints of operators: those of callers do not exist for them.
    desc: WebhookService,
    rows: (by) => operatorWebhookRows(known, by),
    at: ["the scheduler's for operators", "the scheduler's HTTP for operators"],
    letsIn: ["operator"],
    refuses: "UNAUTHENTICATED",
  },
];

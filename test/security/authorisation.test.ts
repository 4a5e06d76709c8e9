/**
 * Who may call what: every method of every service, and every route of plain HTTP, with every kind of
 * credential, on every listener. The methods are those of the contract: one without a row fails.
 */
import type { DescMethod, DescService, MessageInitShape } from "@bufbuild/protobuf";
import { AdminService } from "@millrace/proto/admin-service";
import { DocumentService } from "@millrace/proto/document-service";
import { JobService } from "@millrace/proto/job-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { systemClock } from "@millrace/shared";
import { afterAll, expect, test } from "vitest";
import type { GatewayParts } from "../../services/gateway/src/gateway-parts.ts";
import { gatewayRoutes } from "../../services/gateway/src/http/routes.ts";
import {
  type CredentialName,
  callWith,
  credentialNames,
  type Outcome,
  startWithCredentials,
} from "./credentials.ts";

const started = await startWithCredentials();
afterAll(() => started.system[Symbol.asyncDispose]());
const { shown, jobId, documentId, keyId, otherKeyId, system } = started;
const [gateway] = system.gateways;
const [scheduler] = system.schedulers;
const addresses = {
  "the gateway's gRPC": gateway?.addresses.address,
  "the gateway's HTTP": gateway?.addresses.http,
  "the scheduler's for gateways": scheduler?.addresses.address,
  "the scheduler's for workers": scheduler?.addresses.workers,
  "the scheduler's for operators": scheduler?.addresses.admin,
};
type Listener = keyof typeof addresses;

const callers: readonly CredentialName[] = ["caller", "caller by its old secret, in its grace"];

/** What whoever is let in is told; "other": what another caller is told of what is the caller's. */
interface Row {
  readonly send: readonly object[];
  readonly tells: Outcome;
  readonly other?: Outcome;
}
type Rows<Service extends DescService> = Readonly<Record<keyof Service["method"], Row>>;

const queue = "documents";
const spec = (by: string) => ({ queue, type: "none", labels: { by } });
/** A key, an account and a dead letter that there is not. */
const absent = {
  keyId: "nobody00",
  account: "none/at-all",
  jobId: `${queue}~nobody00~${jobId.split("~")[2]}`,
};
const notFound = { tells: "OK", other: "JOB_NOT_FOUND" };

const jobRows = (by: string): Rows<typeof JobService> => ({
  submitJob: { send: [{ job: spec(by) }], tells: "OK" },
  submitJobs: { send: [{ jobs: [spec(by)] }], tells: "OK" },
  submitStream: { send: [{ items: [{ sequence: 1n, job: spec(by) }] }], tells: "OK" },
  getJob: { send: [{ jobId }], ...notFound },
  listJobs: { send: [{ queue }], tells: "OK" },
  watchJob: { send: [{ jobId }], ...notFound },
  cancelJob: { send: [{ jobId }], ...notFound },
  explainJob: { send: [{ jobId }], ...notFound },
});
const documentNotFound = { tells: "OK", other: "DOCUMENT_NOT_FOUND" };
const documentRows: Rows<typeof DocumentService> = {
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
};
const schedulerRows: Rows<typeof SchedulerService> = {
  authenticate: { send: [{ keyId, secretSha256: new Uint8Array(32) }], tells: "UNAUTHENTICATED" },
  submit: { send: [{}], tells: "OK" },
  getJobs: { send: [{ keyId, jobIds: [jobId] }], tells: "OK" },
  list: { send: [{ keyId, filter: { queue } }], tells: "OK" },
  watch: { send: [{ keyId: otherKeyId, watch: { jobId } }], tells: "JOB_NOT_FOUND" },
  watchFinished: { send: [{ addJobIds: [jobId] }], tells: "OK" },
  cancel: { send: [{ keyId: otherKeyId, cancel: { jobId } }], tells: "JOB_NOT_FOUND" },
  explain: { send: [{ keyId: otherKeyId, explain: { jobId } }], tells: "JOB_NOT_FOUND" },
  getQueue: { send: [{ name: queue }], tells: "OK" },
};
const workerRows: Rows<typeof WorkerService> = {
  // A stream that does not begin with hello.
  work: { send: [{ message: { case: "heartbeat", value: {} } }], tells: "MALFORMED" },
};
const filter = { queue };
const adminRows: Rows<typeof AdminService> = {
  createApiKey: { send: [{ name: "made by the matrix" }], tells: "OK" },
  listApiKeys: { send: [{}], tells: "OK" },
  updateApiKey: { send: [{ keyId: absent.keyId, name: "a" }], tells: "KEY_NOT_FOUND" },
  rotateApiKey: { send: [{ keyId: absent.keyId }], tells: "KEY_NOT_FOUND" },
  revokeApiKey: { send: [{ keyId: absent.keyId }], tells: "KEY_NOT_FOUND" },
  putQueue: { send: [{ queue: { name: "made-by-the-matrix" } }], tells: "OK" },
  listQueues: { send: [{}], tells: "OK" },
  pauseQueue: { send: [{ name: "no-such-queue" }], tells: "QUEUE_NOT_FOUND" },
  resumeQueue: { send: [{ name: "no-such-queue" }], tells: "QUEUE_NOT_FOUND" },
  putProviderAccount: { send: [{ account: { name: "made/by-the-matrix" } }], tells: "OK" },
  listProviderAccounts: { send: [{}], tells: "OK" },
  deleteProviderAccount: { send: [{ name: absent.account }], tells: "ACCOUNT_NOT_FOUND" },
  resetProviderAccount: { send: [{ name: absent.account }], tells: "ACCOUNT_NOT_FOUND" },
  listDeadLetters: { send: [{ filter }], tells: "OK" },
  getDeadLetter: { send: [{ jobId: absent.jobId }], tells: "JOB_NOT_FOUND" },
  redriveDeadLetters: { send: [{ filter, dryRun: true }], tells: "OK" },
  purgeDeadLetters: { send: [{ filter, dryRun: true }], tells: "OK" },
  applyConfiguration: { send: [{ configuration: {}, dryRun: true }], tells: "OK" },
  listAuditEvents: { send: [{}], tells: "OK" },
  audit: { send: [{}], tells: "OK" },
};

/** Each service, where it is served, who is let in, and what all others are told. */
const gatewayListeners: readonly Listener[] = ["the gateway's gRPC", "the gateway's HTTP"];
const anyCaller: readonly CredentialName[] = [...callers, "another caller"];
const services: readonly {
  readonly desc: DescService;
  readonly rows: (by: string) => Readonly<Record<string, Row>>;
  readonly at: readonly Listener[];
  readonly letsIn: readonly CredentialName[];
  readonly refuses: Outcome;
}[] = [
  {
    desc: JobService,
    rows: jobRows,
    at: gatewayListeners,
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: DocumentService,
    rows: () => documentRows,
    at: gatewayListeners,
    letsIn: anyCaller,
    refuses: "UNAUTHENTICATED",
  },
  {
    desc: SchedulerService,
    rows: () => schedulerRows,
    at: ["the scheduler's for gateways"],
    letsIn: ["gateway"],
    refuses: "TOKEN_REJECTED",
  },
  {
    desc: WorkerService,
    rows: () => workerRows,
    at: ["the scheduler's for workers"],
    letsIn: ["worker"],
    refuses: "TOKEN_REJECTED",
  },
  {
    desc: AdminService,
    rows: () => adminRows,
    at: ["the scheduler's for operators"],
    letsIn: ["operator"],
    refuses: "UNAUTHENTICATED",
  },
];

const methods = services.flatMap((service) =>
  service.desc.methods.map((method) => ({
    ...service,
    method,
    name: `${service.desc.name}.${method.name}`,
  })),
);
type Message = MessageInitShape<DescMethod["input"]>;

test("every method of the contract has a row, and every row a method", () => {
  for (const { desc, rows } of services) {
    expect(Object.keys(rows("")).sort()).toEqual(Object.keys(desc.method).sort());
  }
});

test.each(methods)("$name lets in whom it should, and nobody else", async (tested) => {
  const { method, at, letsIn, refuses } = tested;
  for (const listener of at) {
    const told = await Promise.all(
      credentialNames.map(async (credential) => {
        const row = tested.rows(credential)[method.localName];
        const messages = (row?.send ?? []) as Message[];
        const outcome = await callWith(addresses[listener], method, messages, shown[credential]);
        const expected = credential === "another caller" ? (row?.other ?? row?.tells) : row?.tells;
        return { credential, outcome, expected: letsIn.includes(credential) ? expected : refuses };
      }),
    );
    for (const { credential, outcome, expected } of told) {
      expect({ listener, credential, outcome }).toEqual({
        listener,
        credential,
        outcome: expected,
      });
    }
  }
});

test("no listener serves what is another's, whatever is shown", async () => {
  const calls = methods.flatMap(({ method, at, rows }) => {
    const elsewhere = (Object.keys(addresses) as Listener[]).filter((one) => !at.includes(one));
    const messages = (rows("")[method.localName]?.send ?? []) as Message[];
    return elsewhere.flatMap((listener) =>
      (["caller", "gateway", "worker", "operator"] as const).map(async (credential) => {
        const outcome = await callWith(addresses[listener], method, messages, shown[credential]);
        return `${listener}, ${method.name}, ${credential}: ${outcome}`;
      }),
    );
  });
  const told = await Promise.all(calls);
  expect(told.length).toBeGreaterThan(100);
  expect(told.filter((line) => !line.endsWith(": UNIMPLEMENTED"))).toEqual([]);
});

/** What whoever is let in is told by each route of plain HTTP. */
interface RouteRow {
  readonly path: string;
  readonly body?: string;
  readonly tells: number;
  readonly other?: number;
}
const routeRows = (by: string): Readonly<Record<string, RouteRow>> => ({
  "POST /v1/jobs": { path: "/v1/jobs", body: JSON.stringify(spec(by)), tells: 202 },
  "GET /v1/jobs": { path: `/v1/jobs?queue=${queue}`, tells: 200 },
  "GET /v1/jobs/{id}": { path: `/v1/jobs/${jobId}`, tells: 200, other: 404 },
  "DELETE /v1/jobs/{id}": { path: `/v1/jobs/${jobId}`, tells: 200, other: 404 },
  "GET /v1/jobs/{id}/events": { path: `/v1/jobs/${jobId}/events`, tells: 200, other: 404 },
  "PUT /v1/documents": { path: "/v1/documents?name=a.txt", body: "The sea.", tells: 201 },
  "GET /v1/documents/{id}": { path: `/v1/documents/${documentId}`, tells: 200, other: 404 },
  "GET /v1/documents/{id}/content": {
    path: `/v1/documents/${documentId}/content`,
    tells: 200,
    other: 404,
  },
});
const routes = gatewayRoutes({} as GatewayParts, systemClock).map(({ method, path }) => ({
  method,
  name: `${method} ${path}`,
}));

test("every route of plain HTTP has a row, and every row a route", () => {
  expect(Object.keys(routeRows("")).sort()).toEqual(routes.map(({ name }) => name).sort());
});

test.each(routes)("$name lets in callers, and nobody else", async ({ method, name }) => {
  for (const credential of credentialNames) {
    const { path, body, tells, other = tells } = routeRows(credential)[name] as RouteRow;
    const token = shown[credential];
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || name.startsWith("PUT")
        ? {}
        : { "content-type": "application/json" }),
    };
    const response = await fetch(`http://${gateway?.addresses.http}${path}`, {
      ...{ method, headers },
      ...(body === undefined ? {} : { body }),
    });
    await response.arrayBuffer();
    const expected = credential === "another caller" ? other : tells;
    expect({ credential, status: response.status }).toEqual({
      credential,
      status: anyCaller.includes(credential) ? expected : 401,
    });
  }
});

test("whoever was refused has left nothing behind", async () => {
  const authors = new Set<string | undefined>();
  for (const credential of ["caller", "another caller"] as const) {
    const listed = await fetch(
      `http://${gateway?.addresses.http}/v1/jobs?queue=${queue}&pageSize=500`,
      {
        headers: { authorization: `Bearer ${shown[credential]}` },
      },
    );
    const { jobs } = (await listed.json()) as { jobs: { labels: { by?: string } }[] };
    for (const { labels } of jobs) authors.add(labels.by);
  }
  // One was made before all this.
  authors.delete(undefined);
  expect([...authors].sort()).toEqual([...anyCaller].sort());
});

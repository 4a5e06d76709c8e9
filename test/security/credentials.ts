/** A Millrace with every kind of credential, and calls that use one of them. */
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { methodPath } from "@millrace/grpc";
import { AdminService } from "@millrace/proto/admin-service";
import { DocumentService } from "@millrace/proto/document-service";
import { GroupService } from "@millrace/proto/group-service";
import { JobService, JobTokenRight } from "@millrace/proto/job-service";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { WebhookService } from "@millrace/proto/webhook-service";
import { fromGrpcError, grpcClient } from "@millrace/runtime";
import { parseApiKey } from "@millrace/shared";
import { startLogged, uploadOf } from "../faults/setup.ts";

export const credentialNames = [
  "none",
  "garbage",
  "caller",
  "caller by its old secret, in its grace",
  "caller by an older secret, past its grace",
  "another caller",
  "revoked caller",
  "job token to read",
  "job token to cancel",
  "job token of a revoked caller",
  "gateway",
  "worker",
  "operator",
] as const;
export type CredentialName = (typeof credentialNames)[number];

const tokens = { gateway: "gateway-token", worker: "worker-token", operator: "anna:admin-token" };

/** Starts a system with every kind of credential, and with settings for all its services. The caller ends the system. */
export async function startWithCredentials(all: Readonly<Record<string, string>> = {}) {
  const started = await startLogged({
    workers: 0,
    settings: {
      all,
      scheduler: {
        MILLRACE_INTERNAL_TOKEN: tokens.gateway,
        MILLRACE_WORKER_TOKEN: tokens.worker,
        MILLRACE_ADMIN_TOKEN: tokens.operator,
        MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, "k").toString("base64"),
      },
      gateway: {
        ...{ MILLRACE_INTERNAL_TOKEN: tokens.gateway, MILLRACE_KEY_CACHE_MS: "0" },
        // Every refused key is looked up, however fast the tests are.
        MILLRACE_KEY_LOOKUPS_PER_ADDRESS: "10000",
      },
    },
  });
  const { system } = started;
  const [scheduler] = system.schedulers;
  const [gateway] = system.gateways;
  const admin = grpcClient(AdminService, String(scheduler?.addresses.admin), {
    token: tokens.operator,
  });
  const keyIdOf = (apiKey: string) => String(parseApiKey(apiKey)?.keyId);
  const first = await system.createApiKey("caller");
  const keyId = keyIdOf(first);
  const second = await admin.rpc.rotateApiKey({ keyId, grace: { seconds: 0n } });
  const third = await admin.rpc.rotateApiKey({ keyId });
  const other = await system.createApiKey("other");
  const revoked = await system.createApiKey("revoked");
  const tokenOf = async (apiKey: string, jobId: string, right: JobTokenRight) => {
    const client = grpcClient(JobService, String(gateway?.addresses.address), { token: apiKey });
    const { token } = await client.rpc.createJobToken({ jobId, right });
    client.close();
    return token;
  };
  const theirs = grpcClient(JobService, String(gateway?.addresses.address), { token: revoked });
  const { job: theirJob } = await theirs.rpc.submitJob({
    job: { queue: "documents", type: "none" },
  });
  theirs.close();
  const revokedToken = await tokenOf(revoked, theirJob?.id ?? "", JobTokenRight.CANCEL);
  await admin.rpc.revokeApiKey({ keyId: keyIdOf(revoked) });
  admin.close();

  const jobs = grpcClient(JobService, String(gateway?.addresses.address), { token: third.key });
  const files = grpcClient(DocumentService, String(gateway?.addresses.address), {
    token: third.key,
  });
  const { job } = await jobs.rpc.submitJob({ job: { queue: "documents", type: "none" } });
  await jobs.rpc.cancelJob({ jobId: job?.id ?? "" });
  const groups = grpcClient(GroupService, String(gateway?.addresses.address), {
    token: third.key,
  });
  const { group } = await groups.rpc.createGroup({ group: { queue: "documents" } });
  await groups.rpc.cancelGroup({ groupId: group?.id ?? "" });
  groups.close();
  const schedules = grpcClient(ScheduleService, String(gateway?.addresses.address), {
    token: third.key,
  });
  const { schedule } = await schedules.rpc.createSchedule({
    spec: {
      ...{ name: "yearly", timing: { case: "cron", value: "0 0 1 1 *" } },
      job: { queue: "documents", type: "none" },
    },
  });
  schedules.close();
  const webhooks = grpcClient(WebhookService, String(gateway?.addresses.address), {
    token: third.key,
  });
  const url = "https://example.com/hook";
  const { endpoint } = await webhooks.rpc.createWebhookEndpoint({ url });
  const endpointId = endpoint?.id ?? "";
  const { delivery } = await webhooks.rpc.sendTestEvent({ endpointId });
  await webhooks.rpc.updateWebhookEndpoint({ endpointId, enabled: false });
  webhooks.close();
  const { document } = await files.rpc.uploadDocument(
    uploadOf({ name: "sea.txt" }, Buffer.from("The sea was calm.")),
  );
  await jobs.rpc.cancelJob({ jobId: delivery?.id ?? "" });
  jobs.close();
  files.close();

  const shown: Readonly<Record<CredentialName, string | undefined>> = {
    none: undefined,
    garbage: "mr_garbage",
    caller: third.key,
    "caller by its old secret, in its grace": second.key,
    "caller by an older secret, past its grace": first,
    "another caller": other,
    "revoked caller": revoked,
    "job token to read": await tokenOf(third.key, job?.id ?? "", JobTokenRight.READ),
    "job token to cancel": await tokenOf(third.key, job?.id ?? "", JobTokenRight.CANCEL),
    "job token of a revoked caller": revokedToken,
    ...tokens,
  };
  return {
    ...started,
    shown,
    keyId,
    otherKeyId: keyIdOf(other),
    /** A finished job of the caller. */
    jobId: job?.id ?? "",
    /** A cancelled group of the caller. */
    groupId: group?.id ?? "",
    scheduleId: schedule?.id ?? "",
    /** A disabled webhook endpoint of the caller, and a cancelled delivery to it. */
    endpointId,
    deliveryId: delivery?.id ?? "",
    /** A document of the caller. */
    documentId: document?.id ?? "",
  };
}

export type SystemWithCredentials = Awaited<ReturnType<typeof startWithCredentials>>;

/** How a call ended: Millrace's reason if there is one, otherwise the name of the gRPC code. */
export type Outcome = string;

/** Makes a call of any kind on its own connection: sends the messages, ends, and reads to the end. */
export function callWith(
  address: string | undefined,
  method: DescMethod,
  messages: readonly MessageInitShape<DescMethod["input"]>[],
  token: string | undefined,
): Promise<Outcome> {
  const client = new Client(String(address), credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const call = client.makeBidiStreamRequest(
    methodPath(method),
    (message: Record<string, unknown>) =>
      Buffer.from(toBinary(method.input, create(method.input, message))),
    (bytes: Buffer) => fromBinary(method.output, bytes),
    metadata,
  );
  const ended = new Promise<Outcome>((resolve) => {
    call.on("error", (error: ServiceError) => {
      const { reason, code } = fromGrpcError(error);
      resolve(reason ?? String(status[code]));
    });
    call.on("end", () => resolve("OK"));
  }).finally(() => client.close());
  call.resume();
  for (const message of messages) call.write(message);
  call.end();
  return ended;
}

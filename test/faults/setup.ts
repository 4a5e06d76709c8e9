/** A real Millrace to break, and those who talk to it. */
import type { DescService, MessageInitShape } from "@bufbuild/protobuf";
import {
  type LocalService,
  type LocalSystem,
  type ServiceName,
  type SystemOptions,
  startSystem,
} from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import {
  DocumentService,
  type UploadDocumentHeaderSchema,
  type UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import { JobService } from "@millrace/proto/job-service";
import { type GrpcClient, grpcClient, type RpcFault } from "@millrace/runtime";
import { parseApiKey } from "@millrace/shared";
import { onTestFinished } from "vitest";
import { Heard } from "./heard.ts";

export interface LogLine {
  readonly service: ServiceName;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface FaultSystem {
  readonly system: LocalSystem;
  readonly log: Heard<LogLine>;
}

/** Its end is the caller's affair. */
export async function startLogged(options: SystemOptions = {}): Promise<FaultSystem> {
  const log = new Heard<LogLine>();
  const system = await startSystem({
    ...options,
    log: (line, service) => log.add({ ...parse(line), service }),
  });
  return { system, log };
}

/** A system that goes with the test. */
export async function startForTest(options: SystemOptions = {}): Promise<FaultSystem> {
  const started = await startLogged(options);
  onTestFinished(() => started.system[Symbol.asyncDispose]());
  return started;
}

function parse(line: string): { msg: string } {
  try {
    return JSON.parse(line) as { msg: string };
  } catch {
    return { msg: line };
  }
}

/** A client that goes with the test, on a connection of its own. */
export function clientOf<Service extends DescService>(
  service: Service,
  address: string | undefined,
  token?: string,
): GrpcClient<Service> {
  const client = grpcClient(service, address ?? "", {
    ...(token === undefined ? {} : { token }),
    // Else all clients of a process share one.
    channelOptions: { "grpc.use_local_subchannel_pool": 1 },
  });
  onTestFinished(() => client.close());
  return client;
}

export type Caller = ReturnType<typeof callerAt>;

/** Whoever calls gateways with an API key, on connections of its own. */
export function callerAt(address: string | undefined, apiKey: string) {
  const jobs = clientOf(JobService, address, apiKey);
  return {
    apiKey,
    keyId: String(parseApiKey(apiKey)?.keyId),
    jobs: jobs.rpc,
    documents: clientOf(DocumentService, address, apiKey).rpc,
    ready: jobs.ready,
  };
}

export const adminOf = (system: LocalSystem) =>
  clientOf(AdminService, system.schedulers[0]?.addresses.admin).rpc;

/** The messages that upload a document, a piece each. */
export async function* uploadOf(
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
  ...pieces: Uint8Array[]
): AsyncGenerator<MessageInitShape<typeof UploadDocumentRequestSchema>> {
  yield { part: { case: "header", value: header } };
  for (const value of pieces) yield { part: { case: "content", value } };
  yield { part: { case: "end", value: {} } };
}

/** What a call fails with; throws if it does not. */
export async function faultOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<RpcFault> {
  try {
    if (call instanceof Promise) await call;
    else for await (const _ of call);
  } catch (error) {
    return error as RpcFault;
  }
  throw new Error("the call did not fail");
}

/** A service's metrics, now: the sum of the series of `name` whose labels hold all of `labels`. */
export async function metric(
  service: LocalService | undefined,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const page = await (await fetch(`http://${service?.addresses.metrics}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return page
    .split("\n")
    .filter((line) => line.startsWith(name) && wanted.every((text) => line.includes(text)))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Asks again until the metric is as it `is`. */
export async function untilMetric(
  is: (value: number) => boolean,
  ...asked: Parameters<typeof metric>
): Promise<number> {
  for (;;) {
    const value = await metric(...asked);
    if (is(value)) return value;
  }
}

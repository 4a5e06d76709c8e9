/** A real Millrace that tests break, and the clients that call it. */
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

/** Starts a system with its log. The caller ends the system. */
export async function startLogged(options: SystemOptions = {}): Promise<FaultSystem> {
  const log = new Heard<LogLine>();
  const system = await startSystem({
    ...options,
    log: (line, service) => log.add({ ...parse(line), service }),
  });
  return { system, log };
}

/** Starts a system that ends with the test. */
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

/** Creates a client with its own connection. It closes with the test. */
export function clientOf<Service extends DescService>(
  service: Service,
  address: string | undefined,
  token?: string,
): GrpcClient<Service> {
  const client = grpcClient(service, address ?? "", {
    ...(token === undefined ? {} : { token }),
    // Without this, all clients of a process would share one connection.
    channelOptions: { "grpc.use_local_subchannel_pool": 1 },
  });
  onTestFinished(() => client.close());
  return client;
}

export type Caller = ReturnType<typeof callerAt>;

/** Creates clients that call gateways with an API key, on their own connections. */
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

/** Yields the messages that upload a document, with one message for each piece. */
export async function* uploadOf(
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
  ...pieces: Uint8Array[]
): AsyncGenerator<MessageInitShape<typeof UploadDocumentRequestSchema>> {
  yield { part: { case: "header", value: header } };
  for (const value of pieces) yield { part: { case: "content", value } };
  yield { part: { case: "end", value: {} } };
}

/** Returns the error of a call. Throws if the call succeeds. */
export async function faultOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<RpcFault> {
  try {
    if (call instanceof Promise) await call;
    else for await (const _ of call);
  } catch (error) {
    return error as RpcFault;
  }
  throw new Error("the call did not fail");
}

/** Reads a metric of a service: the sum of the series of `name` that have all of `labels`. */
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

/** Reads a metric again and again until its value satisfies `matches`. */
export async function untilMetric(
  matches: (value: number) => boolean,
  ...asked: Parameters<typeof metric>
): Promise<number> {
  for (;;) {
    const value = await metric(...asked);
    if (matches(value)) return value;
  }
}

/** AdminService for browsers, called by the clients of Connect: a listener of its own, with tokens, roles and CORS. */
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { type LocalSystem, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { JobState } from "@millrace/proto/job";
import { afterAll, beforeAll, expect, test } from "vitest";

const origin = "https://console.example";
let system: LocalSystem;
let baseUrl: string;
beforeAll(async () => {
  system = await startSystem({
    workers: 0,
    settings: {
      scheduler: {
        MILLRACE_ADMIN_TOKEN: "anna:s3cret,rita:t0ken;role=reader",
        MILLRACE_ADMIN_ALLOWED_ORIGINS: origin,
      },
    },
  });
  baseUrl = `http://${system.schedulers[0]?.addresses.adminHttp}`;
});
afterAll(() => system?.[Symbol.asyncDispose]());

const as =
  (token: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };

test.each([
  ["gRPC-Web on HTTP/1.1", "1.1", createGrpcWebTransport],
  ["Connect on HTTP/1.1", "1.1", createConnectTransport],
  ["Connect on HTTP/2", "2", createConnectTransport],
] as const)(
  "an operator looks at jobs and cancels them by %s, and a reader only looks",
  async (_, httpVersion, create) => {
    const clientOf = (token: string) =>
      createClient(AdminService, create({ baseUrl, httpVersion, interceptors: [as(token)] }));
    const anna = clientOf("anna:s3cret");
    const { apiKey, key } = await anna.createApiKey({ name: "shop" });
    const submitted = await fetch(`${system.httpUrl}/v1/jobs`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ queue: "documents", type: "summarize" }),
    });
    const { id: jobId } = (await submitted.json()) as { id: string };
    const filter = { queue: "documents", keyId: apiKey?.keyId ?? "" };
    const rita = clientOf("rita:t0ken");
    const { jobs } = await rita.listJobs({ filter });
    expect(jobs.map(({ id }) => id)).toEqual([jobId]);
    const denied = await rita.cancelJob({ jobId }).catch((error: unknown) => error);
    expect(ConnectError.from(denied).code).toBe(Code.PermissionDenied);
    const states: JobState[] = [];
    for await (const { event } of rita.watchJob({ jobId })) {
      if (event?.event.case !== "job") continue;
      states.push(event.event.value.state);
      if (states.length > 1) break;
      const answers = await Array.fromAsync(anna.cancelJobs({ filter, reason: "a bad release" }));
      expect(answers.at(-1)).toMatchObject({ matched: 1n, cancelled: 1n, done: true });
    }
    expect(states).toEqual([JobState.QUEUED, JobState.CANCELLED]);
    const nobody = await clientOf("rita:wrong")
      .listQueues({})
      .catch((error: unknown) => error);
    expect(ConnectError.from(nobody).code).toBe(Code.Unauthenticated);
  },
);

test("pages of the allowed origins may call, and no others", async () => {
  const preflight = async (from: string) =>
    (
      await fetch(`${baseUrl}/millrace.admin.v1.AdminService/ListQueues`, {
        method: "OPTIONS",
        headers: {
          origin: from,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type",
        },
      })
    ).headers.get("access-control-allow-origin");
  expect(await preflight(origin)).toBe(origin);
  expect(await preflight("https://other.example")).toBeNull();
});

import { create as createMessage } from "@bufbuild/protobuf";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { LocalSystem } from "@millrace/local";
import { DocumentService, UploadDocumentEndSchema } from "@millrace/proto/document-service";
import { JobState } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

test("Connect in JSON works with a plain fetch or curl", async () => {
  const { call, queue } = await httpCaller(system);
  const rpc = (method: string, body: object) =>
    call(`/millrace.jobs.v1.JobService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const accepted = await rpc("SubmitJob", {
    job: { queue, type: "held", payloadStruct: { a: 1 } },
  });
  expect(accepted.status).toBe(200);
  const { job } = (await accepted.json()) as { job: { id: string } };
  expect(await (await rpc("GetJob", { jobId: job.id })).json()).toMatchObject({
    job: { id: job.id, state: "JOB_STATE_QUEUED", payloadJson: '{"a":1}' },
  });
  const wrong = await rpc("SubmitJob", { job: { queue: "NO", type: "held" } });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({
    code: "invalid_argument",
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason: "MALFORMED" } },
      { type: "google.rpc.BadRequest", debug: { fieldViolations: [{ field: "job.queue" }] } },
    ],
  });
});

test("jobs submitted together are answered one by one, by Connect in JSON too", async () => {
  const { call, queue } = await httpCaller(system);
  const answered = await call("/millrace.jobs.v1.JobService/SubmitJobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jobs: [
        { queue, type: "held" },
        { queue: "NO", type: "held" },
      ],
    }),
  });
  expect(await answered.json()).toMatchObject({
    results: [
      { jobId: expect.stringContaining(queue) },
      {
        error: {
          code: 3,
          details: [
            { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "MALFORMED" },
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [{ field: "queue" }],
            },
          ],
        },
      },
    ],
  });
});

test.each([
  ["gRPC-Web on HTTP/1.1", "1.1", createGrpcWebTransport],
  ["Connect on HTTP/2", "2", createConnectTransport],
] as const)(
  "a job can be submitted and watched to its end by %s",
  async (_, httpVersion, create) => {
    const { apiKey, queue, startWorker } = await httpCaller(system);
    const withKey: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${apiKey}`);
      return next(request);
    };
    const transport = create({ baseUrl: system.httpUrl, httpVersion, interceptors: [withKey] });
    const jobs = createClient(JobService, transport);
    const { job } = await jobs.submitJob({ job: { queue, type: "held" } });
    const { next } = startWorker();
    const held = await next();
    await held.write("hello");
    let text = "";
    const states: JobState[] = [];
    for await (const { event } of jobs.watchJob({ jobId: job?.id ?? "" })) {
      if (event.case === "job") states.push(event.value.state);
      if (event.case !== "chunks") continue;
      for (const { content } of event.value.chunks) {
        if (content.case === "text") text += content.value;
      }
      if (text === "hello") held.finish(1);
    }
    expect(text).toBe("hello");
    expect(states).toEqual([JobState.RUNNING, JobState.SUCCEEDED]);
  },
);

test("a document can be uploaded by Connect streaming and downloaded by plain HTTP", async () => {
  const { apiKey, call } = await httpCaller(system);
  const files = createClient(
    DocumentService,
    createConnectTransport({ baseUrl: system.httpUrl, httpVersion: "2" }),
  );
  async function* parts() {
    yield { part: { case: "header" as const, value: { name: "a.txt" } } };
    yield { part: { case: "content" as const, value: new TextEncoder().encode("hello") } };
    yield { part: { case: "end" as const, value: createMessage(UploadDocumentEndSchema) } };
  }
  const { document } = await files.uploadDocument(parts(), {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(await (await call(`/v1/documents/${document?.id}/content`)).text()).toBe("hello");
});

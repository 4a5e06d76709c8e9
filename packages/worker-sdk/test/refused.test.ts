import { create } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { serviceDefinition } from "@millrace/grpc";
import {
  WorkerService,
  type WorkRequest,
  type WorkResponse,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";
import { systemClock, systemRandom } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { startWorker, WorkerRefusedError } from "../src/index.ts";

type Call = ServerDuplexStream<WorkRequest, WorkResponse>;

/** Starts a scheduler that calls `answer` for each stream's hello, with the number of hellos before it. */
async function setup(answer: (call: Call, before: number) => void, refusedGraceMs?: number) {
  const server = new Server();
  let hellos = 0;
  server.addService(serviceDefinition(WorkerService), {
    work: (call: Call) => {
      call.on("error", () => undefined);
      call.once("data", () => answer(call, hellos++));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  const logged: string[] = [];
  const worker = startWorker({
    address: `127.0.0.1:${port}`,
    ...{ workerId: "w1", queues: ["documents"], slots: 1, executors: { none: async () => null } },
    ...(refusedGraceMs === undefined ? {} : { refusedGraceMs }),
    log: (level, message) => void logged.push(`${level} ${message}`),
    // The worker connects again at once.
    ...{ clock: systemClock, random: { ...systemRandom, next: () => 0.99 } },
  });
  onTestFinished(() => worker.drain(0));
  return { worker, logged, hellos: () => hellos };
}

const refuse = (call: Call, code: status, details = "no") =>
  void call.emit("error", { code, details });
const letIn = (call: Call) =>
  void call.write(create(WorkResponseSchema, { message: { case: "welcome", value: {} } } as never));

test.each([
  [status.UNAUTHENTICATED, "TOKEN_REJECTED", /UNAUTHENTICATED: no\).*MILLRACE_WORKER_TOKEN/],
  [status.PERMISSION_DENIED, "NOT_ALLOWED", /PERMISSION_DENIED: no\).*worker token/],
  [status.INVALID_ARGUMENT, "MALFORMED", /INVALID_ARGUMENT: no\).*Correct/],
  [status.UNIMPLEMENTED, "NOT_IMPLEMENTED", /UNIMPLEMENTED: no\).*address/],
])(
  "a worker that was never accepted ends at the first answer with code %i",
  async (code, reason, says) => {
    const { worker, hellos } = await setup((call) => refuse(call, code));
    const refused = await worker.ended.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorkerRefusedError);
    expect(refused).toMatchObject({ reason, exitCode: 78, message: expect.stringMatching(says) });
    expect(hellos()).toBe(1);
    await worker.drain(0);
  },
);

test.each([status.UNAVAILABLE, status.INTERNAL, status.RESOURCE_EXHAUSTED, status.CANCELLED])(
  "tries again after an answer with code %i, which may pass",
  async (code) => {
    const again = Promise.withResolvers<void>();
    await setup((call, before) => {
      if (before < 3) refuse(call, code);
      else again.resolve();
    });
    await again.promise;
  },
);

test("a worker that was accepted before survives refusals, such as during a token rotation", async () => {
  const again = Promise.withResolvers<void>();
  const { logged } = await setup((call, before) => {
    if (before === 0 || before === 3) letIn(call);
    if (before === 0) refuse(call, status.UNAVAILABLE);
    else if (before < 3) refuse(call, status.UNAUTHENTICATED);
    else again.resolve();
  });
  await again.promise;
  expect(logged.filter((line) => line.startsWith("error")).length).toBe(2);
});

test("a worker that was accepted before ends once refusals last longer than its grace", async () => {
  const { worker, hellos } = await setup((call, before) => {
    if (before === 0) letIn(call);
    refuse(call, before === 0 ? status.UNAVAILABLE : status.UNAUTHENTICATED);
  }, 0);
  await expect(worker.ended).rejects.toMatchObject({ reason: "TOKEN_REJECTED" });
  expect(hellos()).toBe(2);
});

test("an INVALID_ARGUMENT after the welcome cuts the stream, but does not end the worker", async () => {
  const again = Promise.withResolvers<void>();
  await setup((call, before) => {
    letIn(call);
    if (before < 2) refuse(call, status.INVALID_ARGUMENT);
    else again.resolve();
  });
  await again.promise;
});

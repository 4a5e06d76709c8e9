import { JobService } from "@millrace/proto/job-service";
import { systemClock } from "@millrace/shared";
import { bindService } from "../src/handlers.ts";
import {
  grpcClient,
  type Handlers,
  notImplemented,
  type ServeOptions,
  serve,
} from "../src/index.ts";

export const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B";

export const noHandlers: Handlers<typeof JobService, string> = {
  submitJob: notImplemented,
  submitJobs: notImplemented,
  submitStream: notImplemented,
  getJob: notImplemented,
  listJobs: notImplemented,
  watchJob: notImplemented,
  cancelJob: notImplemented,
  explainJob: notImplemented,
  quoteJobs: notImplemented,
  createJobToken: notImplemented,
  listSpend: notImplemented,
};

/** A real server on loopback with the given handlers, and a client of it. */
export async function startJobServer(
  handlers: Partial<Handlers<typeof JobService, string>>,
  options: Partial<ServeOptions<string>> & { token?: string } = {},
) {
  const bugs: unknown[] = [];
  const server = await serve<string>({
    listen: { host: "127.0.0.1", port: 0 },
    services: [bindService<typeof JobService, string>(JobService, { ...noHandlers, ...handlers })],
    clock: systemClock,
    authenticate: async () => "nobody",
    onBug: (error) => bugs.push(error),
    ...options,
  });
  const client = grpcClient(
    JobService,
    server.address,
    options.token === undefined ? {} : { token: options.token },
  );
  return {
    bugs,
    server,
    client,
    rpc: client.rpc,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
    },
  };
}

/** Returns how a call failed. Throws if it did not. */
export const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { serviceDefinition } from "@millrace/grpc";
import {
  WorkerService,
  type WorkRequest,
  type WorkResponse,
  WorkResponseSchema,
  WriteStatus,
} from "@millrace/proto/worker-service";

type Request = WorkRequest["message"];
type Case<C> = Extract<Request, { case: C }>;
type Response = Parameters<typeof create<typeof WorkResponseSchema>>[1];

export const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B";
export const lease = (fencingToken = 1n) => ({ jobId, fencingToken });

/** A stream as the scheduler sees it. Messages other than the awaited kind are kept. */
export class Stream {
  readonly #call: ServerDuplexStream<WorkRequest, WorkResponse>;
  readonly seen: Request[] = [];
  #wake = () => {};

  constructor(call: ServerDuplexStream<WorkRequest, WorkResponse>) {
    this.#call = call;
    call.on("data", (request: WorkRequest) => {
      this.seen.push(request.message);
      this.#wake();
    });
    call.on("error", () => undefined);
  }

  async next<C extends NonNullable<Request["case"]>>(wanted: C): Promise<Case<C>["value"]> {
    for (;;) {
      const index = this.seen.findIndex((message) => message.case === wanted);
      if (index >= 0) return this.seen.splice(index, 1)[0]?.value as Case<C>["value"];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  send(message: NonNullable<Response>["message"]): void {
    this.#call.write(create(WorkResponseSchema, { message } as Response));
  }

  welcome(leases: object[] = []): void {
    const heartbeatInterval = durationFromMs(20);
    this.send({ case: "welcome", value: { heartbeatInterval, leases } as never });
  }

  assign(type = "echo", fencingToken = 1n, payload: unknown = {}): void {
    this.assignAll([[type, fencingToken, payload]]);
  }

  /** Assigns several jobs in one message. Each is given as type, token and payload. */
  assignAll(jobs: readonly (readonly [string, bigint, unknown?])[]): void {
    const assignments = jobs.map(([type, fencingToken, payload = {}]) => {
      const payloadJson = JSON.stringify(payload);
      return { lease: lease(fencingToken), type, attempt: 1, payloadJson };
    });
    this.send({ case: "assignments", value: { assignments } as never });
  }

  outputAck(writeStatus: WriteStatus, nextSequence: number, ...tokens: bigint[]): void {
    const acks = (tokens.length === 0 ? [1n] : tokens).map((token) => {
      return { lease: lease(token), status: writeStatus, nextSequence };
    });
    this.send({ case: "outputAcks", value: { acks } as never });
  }

  settleAck(writeStatus = WriteStatus.STORED, ...tokens: bigint[]): void {
    const acks = (tokens.length === 0 ? [1n] : tokens).map((token) => {
      return { lease: lease(token), status: writeStatus };
    });
    this.send({ case: "settleAcks", value: { acks } as never });
  }

  cut(): void {
    this.#call.emit("error", { code: status.UNAVAILABLE, details: "gone" });
  }

  end(): void {
    this.#call.end();
  }
}

/** A scheduler that the test controls through the streams that workers open. */
export async function fakeScheduler() {
  const server = new Server();
  const waiting: Stream[] = [];
  let wake = () => {};
  server.addService(serviceDefinition(WorkerService), {
    work: (call: ServerDuplexStream<WorkRequest, WorkResponse>) => {
      waiting.push(new Stream(call));
      wake();
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const stream = async () => {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { port, stream, close: () => server.forceShutdown() };
}

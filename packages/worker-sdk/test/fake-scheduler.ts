import { create, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { packStatus, serviceDefinition, statusMetadata } from "@millrace/grpc";
import {
  type AssignmentSchema,
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

  welcome(leases: object[] = [], undefinedQueues: string[] = []): void {
    const heartbeatInterval = durationFromMs(20);
    const value = { heartbeatInterval, leases, undefinedQueues };
    this.send({ case: "welcome", value: value as never });
  }

  assign(type = "echo", fencingToken = 1n, payload: unknown = {}): void {
    this.assignAll([[type, fencingToken, payload]]);
  }

  /** Assigns a job of which earlier attempts have left something. */
  assignAgain(type: string, left: MessageInitShape<typeof AssignmentSchema>): void {
    const assignments = [{ lease: lease(), type, attempt: 1, payloadJson: "{}", ...left }];
    this.send({ case: "assignments", value: { assignments } as never });
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

/** What the test answers to unary calls: a message, or an error as grpc-js takes it. */
export type Unary = {
  readonly [Name in "fanOut" | "readChildren" | "saveCheckpoint"]?: (
    request: MessageShape<(typeof WorkerService)["method"][Name]["input"]>,
  ) => MessageInitShape<(typeof WorkerService)["method"][Name]["output"]>;
};

/** A refusal of a unary call, as a scheduler sends it. */
export const refused = (code: status, reason: string, retryDelayMs?: number) => {
  const message = `refused: ${reason}`;
  const packed = packStatus({
    ...{ code, message, reason, metadata: {}, violations: [], retryDelayMs },
  });
  return { code, details: message, metadata: statusMetadata(packed) };
};

const answered =
  (answer: ((request: never) => object) | undefined) =>
  ({ request }: { request: unknown }, reply: sendUnaryData<object>) => {
    try {
      if (answer === undefined) throw refused(status.INTERNAL, "INTERNAL");
      reply(null, answer(request as never));
    } catch (error) {
      reply(error as Partial<ServiceError>);
    }
  };

/** A scheduler that the test controls through the streams that workers open. */
export async function fakeScheduler(unary: Unary = {}) {
  const server = new Server();
  const waiting: Stream[] = [];
  let wake = () => {};
  server.addService(serviceDefinition(WorkerService), {
    work: (call: ServerDuplexStream<WorkRequest, WorkResponse>) => {
      waiting.push(new Stream(call));
      wake();
    },
    fanOut: answered(unary.fanOut),
    readChildren: answered(unary.readChildren),
    saveCheckpoint: answered(unary.saveCheckpoint),
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

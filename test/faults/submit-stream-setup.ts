/** Callers of SubmitStream through a whole Millrace, for tests. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LocalSystem } from "@millrace/local";
import type { Job } from "@millrace/proto/job";
import type {
  SubmitResult,
  SubmitStreamJob,
  SubmitStreamRequestSchema,
  SubmitStreamResponse,
} from "@millrace/proto/job-service";
import { fromRpcStatus, RpcFault } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { afterAll, onTestFinished } from "vitest";
import { Heard } from "./heard.ts";
import { type Caller, callerAt, startLogged } from "./setup.ts";

export type Message = MessageInitShape<typeof SubmitStreamRequestSchema>;

/** Shared by the tests that do not break it. Each test has its own queue and key. */
let shared: ReturnType<typeof startLogged> | undefined;
afterAll(async () => (await shared)?.system[Symbol.asyncDispose]());
let queues = 0;

export async function setup(executor?: Executor) {
  shared ??= startLogged({ workers: 0 });
  return callerOf((await shared).system, executor);
}

/** Provides a caller with its own queue, and a worker in this process if there is an executor. */
export async function callerOf(system: LocalSystem, executor?: Executor) {
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue, types: ["test"] });
  if (executor !== undefined) work(system, queue, executor);
  const apiKey = await system.createApiKey(queue);
  const caller = callerAt(system.gatewayTarget(), apiKey);
  const streamed = (
    sequence: number,
    spec = {},
  ): MessageInitShape<never> & Partial<SubmitStreamJob> =>
    ({ sequence: BigInt(sequence), job: { queue, type: "test", ...spec } }) as never;
  return {
    system,
    queue,
    caller,
    streamed,
    open: (first: Message = {}) => new Stream(caller, first),
  };
}

function work(system: LocalSystem, queue: string, executor: Executor) {
  const worker = startWorker({
    address: system.workerTarget,
    workerId: queue,
    queues: [queue],
    slots: 100,
    executors: { test: executor },
    clock,
    random,
  });
  onTestFinished(() => worker.drain(0));
}

/** A stream as its caller sees it, with everything that arrived. */
export class Stream {
  readonly #call: ReturnType<Caller["jobs"]["submitStream"]>;
  readonly #heard = new Heard<void>();
  readonly answers = new Map<number, SubmitResult[]>();
  readonly finished: Job[] = [];
  readonly gone: string[] = [];
  /** The events in the order in which they arrived: `answer N` or `finished ID`. */
  readonly order: string[] = [];
  #reading = Promise.withResolvers<void>();
  /** The failure that the stream ended with. Undefined if it ended normally. */
  readonly ended: Promise<RpcFault | undefined>;

  constructor({ jobs }: Caller, first: Message) {
    this.#call = jobs.submitStream();
    this.#reading.resolve();
    this.ended = this.#read();
    void this.write(first);
  }

  write(message: Message): Promise<void> {
    return this.#call.write(message as never);
  }

  end(): void {
    this.#call.end();
  }

  /** Reads at most one more message until it is resumed. */
  pause(): void {
    this.#reading = Promise.withResolvers();
  }

  resume(): void {
    this.#reading.resolve();
  }

  leave(): void {
    this.#call.cancel();
  }

  /** Resolves once `holds` returns true. Rejects if the stream ends before. */
  async until(holds: () => boolean): Promise<void> {
    if (!holds()) await this.#heard.until(holds, this.#heard.items.length);
  }

  /** Returns the last answer to the job with this number. */
  answer(
    sequence: number,
  ): { jobId: string } | { reason: string | undefined; violations: unknown } {
    const result = this.answers.get(sequence)?.at(-1)?.result;
    if (result?.case === "jobId") return { jobId: result.value };
    if (result?.case !== "error") throw new Error(`${sequence} has no answer`);
    const { reason, violations } = fromRpcStatus(result.value);
    return { reason, violations };
  }

  async #read(): Promise<RpcFault | undefined> {
    try {
      for await (const response of this.#call.responses) {
        this.#take(response);
        await this.#reading.promise;
      }
      this.#heard.end("the stream has ended");
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error;
      this.#heard.end(`the stream has ended: ${error.message}`);
      return error;
    }
  }

  #take({ results, finished, goneJobIds }: SubmitStreamResponse) {
    for (const { sequence, result } of results) {
      if (result === undefined) throw new Error("an answer without a result");
      const before = this.answers.get(Number(sequence)) ?? [];
      this.answers.set(Number(sequence), [...before, result]);
      this.order.push(`answer ${sequence}`);
    }
    for (const job of finished) this.order.push(`finished ${job.id}`);
    this.finished.push(...finished);
    this.gone.push(...goneJobIds);
    this.#heard.add();
  }
}

export const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** Lets jobs end one by one, by the number in their payload. */
export function gates() {
  const open = new Map<number, PromiseWithResolvers<void>>();
  const gate = (number: number) => {
    const found = open.get(number) ?? Promise.withResolvers<void>();
    open.set(number, found);
    return found;
  };
  const executor: Executor = async ({ payload }) => {
    const { number } = payload as { number: number };
    await gate(number).promise;
    return { number };
  };
  const payload = (number: number) => ({
    payload: { case: "payloadJson", value: JSON.stringify({ number }) },
  });
  return { executor, payload, release: (number: number) => gate(number).resolve() };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { UsageSchema } from "@millrace/proto/job";
import {
  type Assignment,
  type AttemptOutcomeSchema,
  type AttemptOutputSchema,
  type HelloSchema,
  type LeaseRef,
  type OutputAck,
  type SettleAck,
  type Welcome,
  WorkerService,
  type WorkRequestSchema,
  type WorkResponse,
} from "@millrace/proto/worker-service";
import type { BidiCall, RpcFault } from "@millrace/runtime";
import { Heard } from "./heard.ts";
import { clientOf } from "./setup.ts";

type Request = MessageInitShape<typeof WorkRequestSchema>;
export type Outcome = NonNullable<MessageInitShape<typeof AttemptOutcomeSchema>["outcome"]>;
export type Output = MessageInitShape<typeof AttemptOutputSchema>;
type Response = WorkResponse["message"];

/** One stream of a worker that sends whatever the test wants. It ends with the test. */
export class RawWorker {
  readonly heard = new Heard<Response>();
  /** The failure that the stream ended with. Undefined if it ended normally. */
  readonly ended: Promise<RpcFault | undefined>;
  readonly #call: BidiCall<Request, WorkResponse>;
  #assigned = 0;
  #deaf = false;

  constructor(address: string | undefined) {
    this.#call = clientOf(WorkerService, address).rpc.work();
    this.ended = this.#read();
  }

  /** Stops reading from now on. */
  deafen(): void {
    this.#deaf = true;
  }

  async #read(): Promise<RpcFault | undefined> {
    try {
      for await (const { message } of this.#call.responses) {
        this.heard.add(message);
        if (this.#deaf) await new Promise<never>(() => undefined);
      }
      return undefined;
    } catch (error) {
      return error as RpcFault;
    } finally {
      this.heard.end("the worker's stream has ended");
    }
  }

  /** Sends a message. Resolves when the stream accepts more. */
  send(message: Request["message"]): Promise<void> {
    return this.#call.write(message === undefined ? {} : { message });
  }

  /** Sends a hello and waits for the welcome. */
  async hello(queue: string, hello: MessageInitShape<typeof HelloSchema> = {}): Promise<Welcome> {
    const value = { workerId: "raw", queues: [queue], credit: 1, ...hello };
    await this.send({ case: "hello", value });
    return this.#answer("welcome", 0);
  }

  /** Resolves with the next assignment, which may have arrived already. */
  async take(): Promise<Assignment & { readonly lease: LeaseRef }> {
    const index = this.#assigned;
    this.#assigned += 1;
    const all = () =>
      this.heard.items.flatMap((message) =>
        message.case === "assignments" ? message.value.assignments : [],
      );
    await this.heard.until(() => all().length > index);
    return all()[index] as Assignment & { readonly lease: LeaseRef };
  }

  /** Sends output of attempts and waits for the answers. */
  async outputs(attempts: readonly Output[]): Promise<readonly OutputAck[]> {
    const from = this.heard.items.length;
    await this.send({ case: "output", value: { attempts: [...attempts] } });
    return (await this.#answer("outputAcks", from)).acks;
  }

  /** Sends output of one attempt and waits for the answer. */
  async output(
    lease: LeaseRef,
    firstSequence: number,
    texts: readonly string[],
  ): Promise<OutputAck> {
    const chunks = texts.map((value) => ({ content: { case: "text" as const, value } }));
    return (await this.outputs([{ lease, firstSequence, chunks }]))[0] as OutputAck;
  }

  /** Ends one attempt, perhaps with what it spent, and waits for the answer. */
  async settle(
    lease: LeaseRef,
    outcome: Outcome,
    usage?: MessageInitShape<typeof UsageSchema>,
  ): Promise<SettleAck> {
    const from = this.heard.items.length;
    const spent = usage === undefined ? {} : { usage };
    await this.send({ case: "settle", value: { outcomes: [{ lease, outcome, ...spent }] } });
    return (await this.#answer("settleAcks", from)).acks[0] as SettleAck;
  }

  /** Renews leases and returns the lost ones. */
  async heartbeat(leases: readonly LeaseRef[]): Promise<readonly LeaseRef[]> {
    const from = this.heard.items.length;
    await this.send({ case: "heartbeat", value: { leases: [...leases] } });
    return (await this.#answer("heartbeatAck", from)).lost;
  }

  cut(): void {
    this.#call.cancel();
  }

  async #answer<Case extends Response["case"]>(kind: Case, from: number) {
    const message = await this.heard.until((response) => response.case === kind, from);
    return message.value as Extract<Response, { case: Case }>["value"];
  }
}

export const completed = (result: unknown): Outcome => ({
  case: "completed",
  value: { resultJson: JSON.stringify(result) },
});

export const failed = (reason: string, retryable: boolean, detailsJson = ""): Outcome => ({
  case: "failed",
  value: { failure: { reason, message: "as the test wants it", retryable, detailsJson } },
});

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type WorkRequest,
  WorkRequestSchema,
  type WorkResponse,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";
import type { Link, LinkStream, OpenStream, StreamError } from "./link.ts";

type Message = WorkRequest["message"];

export interface SessionEvents {
  message(response: WorkResponse): void;
  /** Called with the number of jobs that were assigned and have been handed back. */
  handedBack(count: number): void;
  /** Called once. No event follows. */
  ended(error: StreamError | undefined): void;
}

const bytesOf = (message: Message) =>
  toBinary(WorkRequestSchema, create(WorkRequestSchema, { message }));

/**
 * One Work stream as the worker sees it, from its hello to its end. The stream renews its leases without the
 * worker's help.
 */
export class Session {
  readonly #stream: LinkStream;
  #over = false;

  constructor(
    link: Link,
    stream: Omit<OpenStream, "hello">,
    hello: Message,
    events: SessionEvents,
  ) {
    this.#stream = link.open(
      { ...stream, hello: bytesOf(hello) },
      {
        message: (bytes) => {
          if (!this.#over) events.message(fromBinary(WorkResponseSchema, bytes));
        },
        handedBack: (bytes) => {
          const { message } = fromBinary(WorkResponseSchema, bytes);
          if (this.#over || message.case !== "assignments") return;
          events.handedBack(message.value.assignments.length);
        },
        ended: (error) => {
          if (this.#over) return;
          this.#over = true;
          events.ended(error);
        },
      },
    );
  }

  send(message: Message): void {
    if (!this.#over) this.#stream.send(bytesOf(message));
  }

  cut(): void {
    this.#stream.cut();
  }
}

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Client, ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { bytesDefinition, callMetadata, openDuplex } from "@millrace/grpc";
import {
  WorkerService,
  WorkRequestSchema,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";
import { systemClock } from "@millrace/shared";
import { LeaseBeat } from "./lease-beat.ts";
import type { LinkEvents, StreamError } from "./link.ts";

const workMethod = bytesDefinition(WorkerService.method.work);
/** The first byte of a message that holds output_acks: the field's number and its wire type. */
const OUTPUT_ACKS = WorkResponseSchema.field.outputAcks.number * 8 + 2;

/**
 * One Work stream of bytes that renews its leases by itself, whatever blocks the main thread. It runs in the
 * stream thread, or in the main thread if there is no stream thread.
 */
export class LeasedStream {
  readonly #call: ClientDuplexStream<Uint8Array, Buffer>;
  readonly #beat: LeaseBeat;
  #over = false;

  constructor(client: Client, token: string | undefined, hello: Uint8Array, events: LinkEvents) {
    const metadata = callMetadata(token);
    this.#call = openDuplex({ client, definition: workMethod, metadata, options: {} });
    this.#beat = new LeaseBeat(systemClock, (message) =>
      this.send(toBinary(WorkRequestSchema, create(WorkRequestSchema, { message }))),
    );
    const { message } = fromBinary(WorkRequestSchema, hello);
    if (message.case === "hello") this.#beat.hold(message.value.leases);
    const end = (error: StreamError | undefined) => {
      if (this.#over) return;
      this.#over = true;
      this.#beat.stop();
      events.ended(error);
    };
    this.#call.on("data", (bytes: Buffer) => {
      if (this.#over) return;
      // Output acks are most messages of a stream that writes much. A heartbeat's answer reports lost leases too,
      // so these need not be decoded here.
      if (bytes[0] !== OUTPUT_ACKS) this.#beat.heard(fromBinary(WorkResponseSchema, bytes));
      events.message(bytes);
    });
    this.#call.on("error", ({ code, details, message: text }: ServiceError) =>
      end({ code, details, message: text }),
    );
    this.#call.on("status", () => end(undefined));
    this.send(hello);
  }

  get beat(): LeaseBeat {
    return this.#beat;
  }

  send(bytes: Uint8Array): void {
    if (!this.#over) this.#call.write(bytes);
  }

  cut(): void {
    this.#call.cancel();
  }
}

import { connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { methodPath } from "@millrace/grpc";
import {
  JobService,
  WatchJobRequestSchema,
  type WatchJobResponse,
  WatchJobResponseSchema,
} from "@millrace/proto/job-service";
import { onTestFinished } from "vitest";

/** One byte for the compression flag and four for the length. */
const PREFIX_BYTES = 5;

/**
 * Opens a watch on its own connection that reads only when the test tells it to. A gRPC client would read on and
 * buffer what nobody asks for.
 */
export function rawWatch(address: string | undefined, apiKey: string, jobId: string) {
  const session = connect(`http://${address}`);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  const call = session.request({
    ...{ ":method": "POST", ":path": methodPath(JobService.method.watchJob) },
    ...{ "content-type": "application/grpc", te: "trailers", authorization: `Bearer ${apiKey}` },
  });
  call.on("error", () => undefined);
  const request = toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId }));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(request.length, 1);
  call.end(Buffer.concat([prefix, request]));

  return {
    /** Resolves once the gateway has accepted the call. The answer has begun but is not read. */
    opened: new Promise<void>((resolve) => call.once("response", () => resolve())),
    /** Reads everything that follows. */
    async *read(): AsyncGenerator<WatchJobResponse["event"]> {
      let bytes = Buffer.alloc(0);
      for await (const piece of call) {
        bytes = Buffer.concat([bytes, piece as Buffer]);
        while (bytes.length >= PREFIX_BYTES) {
          const end = PREFIX_BYTES + bytes.readUInt32BE(1);
          if (bytes.length < end) break;
          yield fromBinary(WatchJobResponseSchema, bytes.subarray(PREFIX_BYTES, end)).event;
          bytes = bytes.subarray(end);
        }
      }
    },
    /** Breaks the connection, as when the caller's process dies. */
    die: () => session.destroy(),
  };
}

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import {
  WorkerService,
  type WorkRequest,
  WorkRequestSchema,
  type WorkResponse,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";

/** The same bytes as grpc-js wants them, and no copy. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** `WorkerService.Work` as grpc-js wants a method described; fits a client and a server. */
export const workMethod: MethodDefinition<WorkRequest, WorkResponse> = {
  path: `/${WorkerService.typeName}/${WorkerService.method.work.name}`,
  requestStream: true,
  responseStream: true,
  requestSerialize: (message) => bufferOf(toBinary(WorkRequestSchema, message)),
  requestDeserialize: (bytes) => fromBinary(WorkRequestSchema, bytes),
  responseSerialize: (message) => bufferOf(toBinary(WorkResponseSchema, message)),
  responseDeserialize: (bytes) => fromBinary(WorkResponseSchema, bytes),
};

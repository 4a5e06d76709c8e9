import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import {
  WorkerService,
  type WorkRequest,
  WorkRequestSchema,
  type WorkResponse,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";

/** `WorkerService.Work` as grpc-js wants a method described; fits a client and a server. */
export const workMethod: MethodDefinition<WorkRequest, WorkResponse> = {
  path: `/${WorkerService.typeName}/${WorkerService.method.work.name}`,
  requestStream: true,
  responseStream: true,
  requestSerialize: (message) => Buffer.from(toBinary(WorkRequestSchema, message)),
  requestDeserialize: (bytes) => fromBinary(WorkRequestSchema, bytes),
  responseSerialize: (message) => Buffer.from(toBinary(WorkResponseSchema, message)),
  responseDeserialize: (bytes) => fromBinary(WorkResponseSchema, bytes),
};

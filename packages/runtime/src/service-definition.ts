import {
  create,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";

type Init = MessageInitShape<DescMethod["input"]>;

export const methodPath = (method: DescMethod): string =>
  `/${method.parent.typeName}/${method.name}`;

/** The same bytes as grpc-js wants them. A copy would be a fifth of what writing a large message costs. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What grpc-js needs to know of one method. Senders may pass plain objects: they become messages here. */
export function grpcMethodDefinition(method: DescMethod): MethodDefinition<object, object> {
  const { input, output, methodKind } = method;
  return {
    path: methodPath(method),
    originalName: method.localName,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestSerialize: (value) => bufferOf(toBinary(input, create(input, value as Init))),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (value) => bufferOf(toBinary(output, create(output, value as Init))),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

/** A protobuf-es service as grpc-js wants it, keyed by the methods' TypeScript names. */
export function grpcServiceDefinition(desc: DescService): ServiceDefinition {
  return Object.fromEntries(
    desc.methods.map((method) => [method.localName, grpcMethodDefinition(method)]),
  );
}

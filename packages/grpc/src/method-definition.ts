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

/** What is asked for by, in HTTP/2's `:path`. */
export const methodPath = (method: Pick<DescMethod, "parent" | "name">): string =>
  `/${method.parent.typeName}/${method.name}`;

/** Which sides of a call are streams: the four shapes that a call may have. */
export const shapeOf = ({ methodKind }: DescMethod) => ({
  streamsIn: methodKind === "client_streaming" || methodKind === "bidi_streaming",
  streamsOut: methodKind === "server_streaming" || methodKind === "bidi_streaming",
});

/** The same bytes as grpc-js wants them. A copy would be a fifth of what writing a large message costs. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** What grpc-js needs to know of one method. Senders may pass plain objects: they become messages here. */
export function methodDefinition(method: DescMethod): MethodDefinition<object, object> {
  const { input, output } = method;
  const { streamsIn, streamsOut } = shapeOf(method);
  return {
    path: methodPath(method),
    originalName: method.localName,
    requestStream: streamsIn,
    responseStream: streamsOut,
    requestSerialize: (value) => bufferOf(toBinary(input, create(input, value as Init))),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (value) => bufferOf(toBinary(output, create(output, value as Init))),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

/** The method for whoever reads and writes its messages' bytes. */
export const bytesDefinition = (method: DescMethod): MethodDefinition<Uint8Array, Buffer> => ({
  ...methodDefinition(method),
  requestSerialize: bufferOf,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});

/** A protobuf-es service as grpc-js wants it, keyed by the methods' TypeScript names. */
export const serviceDefinition = (desc: DescService): ServiceDefinition =>
  Object.fromEntries(desc.methods.map((method) => [method.localName, methodDefinition(method)]));

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

/** The path of a method, as in HTTP/2's `:path`. */
export const methodPath = (method: Pick<DescMethod, "parent" | "name">): string =>
  `/${method.parent.typeName}/${method.name}`;

/** Tells which sides of a call are streams. */
export const shapeOf = ({
  methodKind,
}: DescMethod): { readonly streamsIn: boolean; readonly streamsOut: boolean } => ({
  streamsIn: methodKind === "client_streaming" || methodKind === "bidi_streaming",
  streamsOut: methodKind === "server_streaming" || methodKind === "bidi_streaming",
});

/** Views the same bytes as a Buffer, for grpc-js. A copy would take a fifth of the time of writing a large message. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Defines a method for grpc-js. Senders may pass plain objects, which become messages here. */
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

/** Defines a method whose messages are read and written as bytes. */
export const bytesDefinition = (method: DescMethod): MethodDefinition<Uint8Array, Buffer> => ({
  ...methodDefinition(method),
  requestSerialize: bufferOf,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});

/** Defines a protobuf-es service for grpc-js. Its keys are the methods' TypeScript names. */
export const serviceDefinition = (desc: DescService): ServiceDefinition =>
  Object.fromEntries(desc.methods.map((method) => [method.localName, methodDefinition(method)]));

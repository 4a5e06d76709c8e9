/** Makes calls whose messages are raw bytes, which no client of Millrace would send. */
import type { DescMethod } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { methodPath } from "@millrace/grpc";
import { fromGrpcError, type RpcFault } from "@millrace/runtime";
import { onTestFinished } from "vitest";

/** Sends the messages and ends. Resolves with the failure of the call, or undefined if it succeeded. */
export function sendBytes(
  address: string | undefined,
  method: Pick<DescMethod, "parent" | "name">,
  messages: readonly Uint8Array[],
  token?: string,
): Promise<RpcFault | undefined> {
  const client = new Client(address ?? "", credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  // A unary call has one message in each direction. On the wire it is a stream like the others.
  const call = client.makeBidiStreamRequest(
    methodPath(method),
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes: Buffer) => bytes,
    metadata,
  );
  const ended = new Promise<RpcFault | undefined>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(fromGrpcError(error)));
    call.on("end", () => resolve(undefined));
  });
  call.resume();
  for (const message of messages) call.write(message);
  call.end();
  return ended;
}

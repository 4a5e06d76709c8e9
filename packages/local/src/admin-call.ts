import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client } from "@grpc/grpc-js";
import {
  callMetadata,
  channelCredentials,
  channelOptions,
  methodDefinition,
  sendUnary,
} from "@millrace/grpc";

/**
 * Calls a scheduler's listener for operators once. It cannot use the client of the package runtime, because
 * runtime is tested with this package.
 */
export async function adminCall<I extends DescMessage, O extends DescMessage>(
  address: string,
  token: string | undefined,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const client = new Client(address, channelCredentials(undefined), channelOptions());
  const call = {
    ...{ client, definition: methodDefinition(method), metadata: callMetadata(token) },
    ...{ options: {}, signal: undefined },
    failure: (error: Error) => error,
    cancelled: () => new Error("cancelled"),
  };
  try {
    return (await sendUnary(call, create(method.input, request))) as MessageShape<O>;
  } finally {
    client.close();
  }
}

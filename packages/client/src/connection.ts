import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";

export interface ConnectOptions {
  /** The gateway's `host:port`. */
  readonly address: string;
  /** `mr_<key id>_<secret>`. */
  readonly apiKey: string;
  /** Plaintext unless given; without `ca`, the system's roots are trusted. */
  readonly tls?: { readonly ca?: Buffer };
}

const encode =
  <Desc extends DescMessage>(desc: Desc) =>
  (message: MessageShape<Desc>): Buffer =>
    Buffer.from(toBinary(desc, message));
const decode =
  <Desc extends DescMessage>(desc: Desc) =>
  (bytes: Buffer): MessageShape<Desc> =>
    fromBinary(desc, bytes);
const pathOf = (method: { parent: { typeName: string }; name: string }) =>
  `/${method.parent.typeName}/${method.name}`;

/** One channel to a gateway; failures are grpc-js ServiceErrors. */
export class Connection {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor({ address, apiKey, tls }: ConnectOptions) {
    const secure = tls === undefined ? credentials.createInsecure() : credentials.createSsl(tls.ca);
    this.#client = new Client(address, secure);
    this.#metadata.set("authorization", `Bearer ${apiKey}`);
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        pathOf(method),
        encode(method.input),
        decode(method.output),
        create(method.input, request),
        this.#metadata,
        (error, response) => {
          if (error !== null) reject(error);
          else if (response !== undefined) resolve(response);
        },
      );
    });
  }

  /** Leaving the loop cancels the call. */
  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
  ): AsyncGenerator<MessageShape<O>> {
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      create(method.input, request),
      this.#metadata,
    );
    try {
      yield* call as AsyncIterable<MessageShape<O>>;
    } finally {
      // The cancel makes the call fail once more, after the last reader has gone.
      call.on("error", () => undefined);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }
}

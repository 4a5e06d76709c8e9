/** Writes HTTP/2 byte by byte, and opens connections that behave as no client would. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;

/** Encodes a frame. `length` may differ from the length of the payload. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes a number of HPACK with a prefix of 7 bits. */
function number7(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** Encodes header fields in the simplest form of HPACK: literal, without indexing. */
export const fields = (...all: readonly (readonly [name: string, value: string])[]): Buffer =>
  Buffer.concat(
    all.map(([name, value]) => {
      const [nameBytes, valueBytes] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
      return Buffer.from([
        ...[0, ...number7(nameBytes.length), ...nameBytes],
        ...[...number7(valueBytes.length), ...valueBytes],
      ]);
    }),
  );

/** The header fields of a gRPC call. */
export const callFields = (path: string, token: string | undefined): Buffer =>
  fields(
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...(token === undefined ? [] : ([["authorization", `Bearer ${token}`]] as const)),
  );

export interface RawConnection {
  /** Resolves when the bytes are sent, or when the other side reads no more. */
  send(bytes: Uint8Array): Promise<void>;
  readonly closed: boolean;
  /** Resolves at the other side's first bytes. What is sent after them is read by its HTTP/2 code. */
  greeted(): Promise<void>;
}

/** Opens a connection that closes with the test. Its breaking is not a failure. */
export async function rawConnection(address: string | undefined): Promise<RawConnection> {
  const [host, port] = String(address).split(":");
  const socket: Socket = connect(Number(port), host);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const first = Promise.withResolvers<void>();
  socket.on("data", () => first.resolve());
  socket.on("close", () => first.resolve());
  return {
    async send(bytes) {
      if (socket.destroyed || !socket.writable) return;
      if (socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const settle = () => {
          socket.off("drain", settle).off("close", settle);
          resolve();
        };
        socket.on("drain", settle).on("close", settle);
      });
    },
    get closed() {
      return socket.destroyed || !socket.writable;
    },
    greeted: () => first.promise,
  };
}

/** Opens a connection with a correct start of HTTP/2. */
export async function http2Connection(address: string | undefined): Promise<RawConnection> {
  const connection = await rawConnection(address);
  await connection.send(Buffer.concat([PREFACE, frame(frameTypes.settings, 0, 0)]));
  await connection.greeted();
  return connection;
}

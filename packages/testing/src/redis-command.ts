import { createConnection } from "node:net";

export interface RedisPort {
  readonly port: number;
  readonly password?: string | undefined;
}

const encode = (args: readonly string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join("")}`;

/**
 * Sends one command on its own connection, as an operator would. Returns the reply's text, or "" if the reply is
 * empty.
 */
export function redisCommand(
  server: number | RedisPort,
  ...args: readonly string[]
): Promise<string> {
  const { port, password } = typeof server === "number" ? { port: server } : server;
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1");
    let reply = "";
    const end = (outcome: () => void) => {
      socket.destroy();
      outcome();
    };
    let loggedIn = password === undefined;
    socket.setEncoding("utf8").on("data", (data) => {
      reply += data;
      if (!loggedIn && reply.startsWith("+OK\r\n")) {
        loggedIn = true;
        reply = reply.slice("+OK\r\n".length);
      }
      const [first = "", ...rest] = reply.split("\r\n");
      if (rest.length === 0) return;
      if (first.startsWith("-")) return end(() => reject(new Error(first.slice(1))));
      if (!first.startsWith("$")) return end(() => resolve(first.slice(1)));
      const length = Number(first.slice(1));
      const text = reply.slice(first.length + 2);
      if (length <= 0) return end(() => resolve(""));
      if (Buffer.byteLength(text) >= length + 2) end(() => resolve(text.slice(0, -2)));
    });
    socket.once("error", (error) => end(() => reject(error)));
    socket.once("close", () => reject(new Error("the connection was closed before a reply came")));
    if (password !== undefined) socket.write(encode(["AUTH", password]));
    socket.write(encode(args));
  });
}

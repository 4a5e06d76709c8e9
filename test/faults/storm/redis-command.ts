import { connect } from "node:net";

/**
 * Sends one command on its own connection. Resolves with the first line of the answer. Throws if Redis refuses
 * the command.
 */
export function redisCommand(port: number, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("error", reject);
    socket.on("close", () =>
      reject(new Error(`the connection closed before Redis answered ${words[0]}`)),
    );
    socket.on("data", (bytes) => {
      answer += bytes.toString();
      const end = answer.indexOf("\r\n");
      if (end < 0) return;
      socket.destroy();
      const line = answer.slice(0, end);
      if (line.startsWith("-")) reject(new Error(`${words.join(" ")}: ${line.slice(1)}`));
      else resolve(line);
    });
    const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${bulks.join("")}`);
  });
}

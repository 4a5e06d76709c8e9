import { connect } from "node:net";

/** Sends one command on a connection of its own; resolves to the answer's first line, and throws what Redis refuses. */
export function redisCommand(port: number, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`Redis said nothing to ${words[0]}`)));
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

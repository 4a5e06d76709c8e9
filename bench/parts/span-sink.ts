/** A collector of spans that throws them away. Answers with its endpoint. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serveParent } from "./child.ts";

await serveParent(async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    answer: async () => ({ endpoint: `http://127.0.0.1:${port}` }),
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
});

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** A TCP port on 127.0.0.1 that was free a moment ago. Prefer port 0 where the server can say what it got. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

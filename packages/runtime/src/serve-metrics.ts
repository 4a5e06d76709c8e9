import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricsPage } from "@millrace/telemetry";

export interface ServeMetricsOptions {
  readonly host: string;
  /** With port 0, the system chooses a free port. */
  readonly port: number;
  /** Shows the metrics in a format that the reader accepts, by its header `accept`. */
  readonly page: (accept: string) => Promise<MetricsPage>;
  /** Why the service is not ready, which `/readyz` answers with 503; undefined while it is ready. */
  readonly notReady: () => string | undefined;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const text = (response: ServerResponse, code: number, body: string, type = "text/plain") => {
  response.writeHead(code, { "content-type": type });
  response.end(body);
};

/** Serves HTTP for probes and Prometheus: `/healthz` (the process is alive), `/readyz` and `/metrics`. */
export async function serveMetrics(options: ServeMetricsOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method !== "GET") return text(response, 405, "only GET\n");
    if (pathname === "/healthz") return text(response, 200, "ok\n");
    if (pathname === "/readyz") {
      const problem = options.notReady();
      return problem === undefined
        ? text(response, 200, "ok\n")
        : text(response, 503, `not ready: ${problem}\n`);
    }
    if (pathname !== "/metrics") return text(response, 404, "not found\n");
    options.page(request.headers.accept ?? "").then(
      ({ body, contentType }) => text(response, 200, body, contentType),
      () => text(response, 500, "metrics failed\n"),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

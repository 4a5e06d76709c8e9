import { openDocumentStore } from "@millrace/documents";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { grpcClient, loadConfig, observe, runMain, serve } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { createAuthenticator } from "./caller.ts";
import { GatewayConfig } from "./config.ts";
import { gatewayServices } from "./service.ts";
import { createSubmitter } from "./submitter.ts";

const log = createLogger("gateway");

await runMain(
  async (scope) => {
    const config = loadConfig(GatewayConfig, process.env);
    const { onFinished, address } = await observe(scope, "gateway", config, process.env);
    const documents = await openDocumentStore({
      directory: config.documents,
      maxBytes: config.documentBytes,
      clock,
      random,
    });
    const token = config.internalToken === undefined ? {} : { token: config.internalToken };
    const { rpc: scheduler } = scope.use(grpcClient(SchedulerService, config.scheduler, token));
    const server = await scope.use(
      serve({
        listen: { host: config.host, port: config.port },
        services: gatewayServices({
          scheduler,
          documents,
          submit: createSubmitter({ scheduler, documents, clock, random }),
        }),
        authenticate: createAuthenticator(scheduler, config.keyCacheMs),
        clock,
        onFinished,
        onBug: (error, path) => log.error({ error, path }, "a call failed"),
      }),
    );
    log.info({ address: server.address, metrics: address }, "serving");
  },
  { log },
);

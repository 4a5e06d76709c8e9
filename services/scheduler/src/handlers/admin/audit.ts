import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AuditProgress, Engine } from "@millrace/engine";
import type { AdminService, AuditResponseSchema } from "@millrace/proto/admin-service";
import { createOutbox, type Handler } from "@millrace/runtime";
import type { Operator } from "../../tokens/operator-tokens.ts";

/** What three looks find alike was not only on its way. */
const LOOKS_AGAIN = 2;

type Response = MessageInitShape<typeof AuditResponseSchema>;

export const audit = (
  engine: Pick<Engine, "audit">,
): Handler<(typeof AdminService)["method"]["audit"], Operator> =>
  async function* () {
    const outbox = createOutbox<Response>();
    let last: AuditProgress = { shards: 0, shardsDone: 0, jobs: 0 };
    const message = ({ jobs, ...shards }: AuditProgress) => ({ ...shards, jobs: BigInt(jobs) });
    const onProgress = (progress: AuditProgress) => {
      last = progress;
      void outbox.push(message(progress));
    };
    void engine.audit({ looksAgain: LOOKS_AGAIN, onProgress }).then(
      (findings) => {
        void outbox.push({ ...message(last), findings: [...findings], done: true });
        outbox.end();
      },
      (error: unknown) => outbox.end(error),
    );
    yield* outbox;
  };

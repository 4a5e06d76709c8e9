import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AuditProgress, Engine, Finding, Repair } from "@millrace/engine";
import {
  type AdminService,
  type AuditRequest,
  AuditRequestSchema,
  type AuditResponseSchema,
} from "@millrace/proto/admin-service";
import { createOutbox, type Handler } from "@millrace/runtime";
import { jsonText } from "@millrace/shared";
import type { RecordChange } from "../../operators/record-change.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";

/** The audit repeats its search this often. Only what every search finds alike is a finding: the rest was in transit. */
const LOOKS_AGAIN = 2;

type Response = MessageInitShape<typeof AuditResponseSchema>;
type Parts = Pick<Engine, "audit" | "repair" | "changeLog">;

export const audit = (
  engine: Parts,
  record: RecordChange,
): Handler<(typeof AdminService)["method"]["audit"], Operator> =>
  async function* (request, { identity: by }) {
    const outbox = createOutbox<Response>();
    let last: AuditProgress = { shards: 0, shardsDone: 0, jobs: 0 };
    const message = ({ jobs, ...shards }: AuditProgress) => ({ ...shards, jobs: BigInt(jobs) });
    const onProgress = (progress: AuditProgress) => {
      last = progress;
      void outbox.push(message(progress));
    };
    const search = () => engine.audit({ looksAgain: LOOKS_AGAIN, onProgress });
    const work = async () => {
      const findings = await search();
      const found = { findings: findings.map(messageOf) };
      if (!request.repair || findings.length === 0) return found;
      const repairs = await repair(engine, record, by, request, findings);
      return { ...found, repairs, left: (await search()).map(messageOf) };
    };
    void work().then(
      (found) => {
        void outbox.push({ ...message(last), ...found, done: true });
        outbox.end();
      },
      (error: unknown) => outbox.end(error),
    );
    yield* outbox;
  };

const messageOf = ({ invariant, subject, problem }: Finding) => ({ invariant, subject, problem });

/** Repairs findings. The change log gets the request before the first repair, and each repair as soon as it is made. */
function repair(
  { repair: repairAll, changeLog }: Parts,
  record: RecordChange,
  by: Operator,
  request: AuditRequest,
  findings: readonly Finding[],
): Promise<Repair[]> {
  const change = { by, action: "Audit", subject: `${findings.length} findings`, request };
  return record({ ...change, schema: AuditRequestSchema }, async () => {
    const repairs: Repair[] = [];
    for await (const one of repairAll(findings)) {
      const { subject, done } = one;
      await changeLog.append({
        ...{ actor: by.name, action: "AuditRepair", subject, detailJson: jsonText({ done }) },
      });
      repairs.push(one);
    }
    return repairs;
  });
}

import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { ChangeLog } from "@millrace/engine";
import { RpcFault } from "@millrace/runtime";
import { jsonText } from "@millrace/shared";
import type { Operator } from "../tokens/operator-tokens.ts";

export interface ChangeOf<Desc extends DescMessage> {
  readonly by: Operator;
  /** The RPC that makes the change. */
  readonly action: string;
  readonly subject: string;
  /** The request, which is logged. No request of AdminService contains a secret. */
  readonly schema: Desc;
  readonly request: MessageShape<Desc>;
}

export type RecordChange = <Desc extends DescMessage, T>(
  change: ChangeOf<Desc>,
  make: () => Promise<T>,
) => Promise<T>;

/**
 * Writes each change to the change log before it is made, so that the log misses none. A refused change is removed from
 * the log. A change that a crash or an outage interrupts stays in the log, because it may have been made.
 */
export const changeRecorder =
  (log: Pick<ChangeLog, "append" | "retract">): RecordChange =>
  async ({ by, action, subject, schema, request }, make) => {
    const detailJson = jsonText(toJson(schema, request));
    const id = await log.append({ actor: by.name, action, subject, detailJson });
    try {
      return await make();
    } catch (error) {
      // The caller must get the refusal, even if removing its log entry fails.
      if (error instanceof RpcFault) await log.retract(id).catch(() => undefined);
      throw error;
    }
  };

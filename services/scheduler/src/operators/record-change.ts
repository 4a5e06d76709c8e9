import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { ChangeLog } from "@millrace/engine";
import { RpcFault } from "@millrace/runtime";
import { jsonText } from "@millrace/shared";
import type { Operator } from "../tokens/operator-tokens.ts";

export interface ChangeOf<Desc extends DescMessage> {
  readonly by: Operator;
  /** The RPC that is, or would be, called for it. */
  readonly action: string;
  readonly subject: string;
  /** The request: no request of AdminService holds a secret. */
  readonly schema: Desc;
  readonly request: MessageShape<Desc>;
}

export type RecordChange = <Desc extends DescMessage, T>(
  change: ChangeOf<Desc>,
  make: () => Promise<T>,
) => Promise<T>;

/**
 * Makes changes that are written down first, so that none that was made is missing. One that is
 * refused is taken back. One that a crash or an outage cuts stays written down: it may have been made.
 */
export const changeRecorder =
  (log: Pick<ChangeLog, "append" | "retract">): RecordChange =>
  async ({ by, action, subject, schema, request }, make) => {
    const detailJson = jsonText(toJson(schema, request));
    const id = await log.append({ actor: by.name, action, subject, detailJson });
    try {
      return await make();
    } catch (error) {
      // What the caller is told matters more than a line too many.
      if (error instanceof RpcFault) await log.retract(id).catch(() => undefined);
      throw error;
    }
  };

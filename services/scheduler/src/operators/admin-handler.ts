import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { AdminService } from "@millrace/proto/admin-service";
import type { CallContext } from "@millrace/runtime";
import type { Operator } from "../tokens/operator-tokens.ts";

type Method = (typeof AdminService)["method"];

/** A unary handler that uses nothing of its call but the operator, so that the configuration file can call it too. */
export type AdminHandler<Name extends keyof Method> =
  Method[Name] extends DescMethodUnary<infer I, infer O>
    ? (
        request: MessageShape<I>,
        context: Pick<CallContext<Operator>, "identity">,
      ) => Promise<MessageInitShape<O>>
    : never;

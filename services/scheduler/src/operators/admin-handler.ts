import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { AdminService } from "@millrace/proto/admin-service";
import type { CallContext } from "@millrace/runtime";
import type { Operator } from "../tokens/operator-tokens.ts";

type Method = (typeof AdminService)["method"];

/** A unary handler that needs to know of its call who makes it, and no more: the configuration file asks for changes too. */
export type AdminHandler<Name extends keyof Method> =
  Method[Name] extends DescMethodUnary<infer I, infer O>
    ? (
        request: MessageShape<I>,
        context: Pick<CallContext<Operator>, "identity">,
      ) => Promise<MessageInitShape<O>>
    : never;

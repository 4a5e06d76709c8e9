import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { OPERATOR_KEY } from "@millrace/engine";
import {
  CreateWebhookEndpointRequestSchema,
  DeleteWebhookEndpointRequestSchema,
  RotateWebhookSecretRequestSchema,
  UpdateWebhookEndpointRequestSchema,
  WebhookService,
} from "@millrace/proto/webhook-service";
import { type BoundService, bindService, type CallContext, rpcError } from "@millrace/runtime";
import { newWebhookEndpointId, newWebhookSecret } from "@millrace/shared";
import type { RecordChange } from "../operators/record-change.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import { webhookCalls } from "./webhook-calls.ts";
import type { WebhookParts } from "./webhook-parts.ts";

type Context = CallContext<Operator>;

/** A call of SchedulerService about webhooks. */
type Inner = (
  call: { readonly keyId: string; readonly request: unknown; readonly endpointId?: string },
  context: never,
) => Promise<{ readonly response?: unknown }>;

/**
 * WebhookService as a scheduler serves it to operators: the same calls as those of gateways, for the endpoints of operators.
 * Changes are in the change log, without secrets.
 */
export function operatorWebhookService(
  parts: WebhookParts,
  record: RecordChange,
): BoundService<Operator> {
  const calls = webhookCalls(parts) as unknown as Record<string, Inner>;
  const answer = async <Output>(
    name: string,
    request: object,
    context: Context,
    endpointId?: string,
  ): Promise<Output> => {
    const made = endpointId === undefined ? {} : { endpointId };
    const call = calls[name] as Inner;
    const { response } = await call({ keyId: OPERATOR_KEY, request, ...made }, context as never);
    return (response ?? {}) as Output;
  };
  const reads =
    (name: string) =>
    <Output>(request: object, context: Context) =>
      answer<Output>(name, request, context);
  /** A change of the endpoint that the request names. */
  const changes =
    <Desc extends DescMessage>(action: string, schema: Desc) =>
    <Output>(request: MessageShape<Desc> & { readonly endpointId: string }, context: Context) => {
      const name = `${action.slice(0, 1).toLowerCase()}${action.slice(1)}`;
      const change = { by: context.identity, action, subject: request.endpointId, schema };
      const shown = { ...request, ...("secret" in request ? { secret: "" } : {}) };
      const filled =
        "secret" in request && request.secret === "" ? { ...request, ...newSecret() } : request;
      return record({ ...change, request: shown }, () => answer<Output>(name, filled, context));
    };
  const newSecret = () => ({ secret: newWebhookSecret(parts.random) });
  const rotate = changes("RotateWebhookSecret", RotateWebhookSecretRequestSchema);
  return bindService<typeof WebhookService, Operator>(WebhookService, {
    createWebhookEndpoint(request, context) {
      const endpointId = newWebhookEndpointId(parts.clock.nowMs(), parts.random);
      const schema = CreateWebhookEndpointRequestSchema;
      const change = { by: context.identity, action: "CreateWebhookEndpoint", schema };
      const filled = { ...request, ...(request.secret === "" ? newSecret() : {}) };
      return record({ ...change, subject: endpointId, request: { ...request, secret: "" } }, () =>
        answer("createWebhookEndpoint", filled, context, endpointId),
      );
    },
    getWebhookEndpoint: reads("getWebhookEndpoint"),
    listWebhookEndpoints: reads("listWebhookEndpoints"),
    updateWebhookEndpoint: changes("UpdateWebhookEndpoint", UpdateWebhookEndpointRequestSchema),
    deleteWebhookEndpoint: changes("DeleteWebhookEndpoint", DeleteWebhookEndpointRequestSchema),
    async rotateWebhookSecret(request, context) {
      if (request.endpointId === "") throw noCallbacks();
      return rotate(request, context);
    },
    async getCallbackSecret() {
      throw noCallbacks();
    },
    sendTestEvent: reads("sendTestEvent"),
    listWebhookDeliveries: reads("listWebhookDeliveries"),
    getWebhookDelivery: reads("getWebhookDelivery"),
    redeliverWebhooks: reads("redeliverWebhooks"),
  });
}

const noCallbacks = () =>
  rpcError({
    reason: "MALFORMED",
    message: "endpoint_id: operators have no jobs, and so no callbacks: name an endpoint",
  });

import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { OPERATOR_KEY } from "@millrace/engine";
import { WebhookService } from "@millrace/proto/webhook-service";
import { type BoundService, bindService, type CallContext, rpcError } from "@millrace/runtime";
import { newWebhookEndpointId, newWebhookSecret } from "@millrace/shared";
import type { RecordChange } from "../operators/record-change.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import { type WebhookCall, webhookCalls } from "./webhook-calls.ts";
import type { WebhookParts } from "./webhook-parts.ts";

type Context = CallContext<Operator>;

type Methods = (typeof WebhookService)["method"];
type Request<Name extends WebhookCall> = MessageShape<Methods[Name]["input"]>;
type Response<Name extends WebhookCall> = MessageInitShape<Methods[Name]["output"]>;

/** A call of SchedulerService about webhooks: a call of WebhookService, with the key of its caller. */
type Inner<Name extends WebhookCall> = (
  call: { readonly keyId: string; readonly request: object; readonly endpointId?: string },
  context: CallContext<Operator>,
) => Promise<{ readonly response?: Response<Name> }>;

/** A call that changes the endpoint that its request names. */
type Change = "updateWebhookEndpoint" | "deleteWebhookEndpoint" | "rotateWebhookSecret";

/**
 * WebhookService as a scheduler serves it to operators: the same calls as those of gateways, for the endpoints of operators.
 * Changes are in the change log, without secrets.
 */
export function operatorWebhookService(
  parts: WebhookParts,
  record: RecordChange,
): BoundService<Operator> {
  const calls = webhookCalls(parts) as unknown as { readonly [Name in WebhookCall]: Inner<Name> };
  const answer = async <Name extends WebhookCall>(
    name: Name,
    request: object,
    context: Context,
    endpointId?: string,
  ): Promise<Response<Name>> => {
    const made = endpointId === undefined ? {} : { endpointId };
    const { response } = await calls[name]({ keyId: OPERATOR_KEY, request, ...made }, context);
    if (response === undefined) throw new Error(`${name} returned no response`);
    return response;
  };
  const reads =
    <Name extends WebhookCall>(name: Name) =>
    (request: Request<Name>, context: Context) =>
      answer(name, request, context);
  const changes =
    <Name extends Change>(name: Name) =>
    (request: Request<Name>, context: Context) => {
      const { name: action, input: schema } = WebhookService.method[name];
      const change = { by: context.identity, action, subject: request.endpointId, schema };
      const shown = { ...request, ...("secret" in request ? { secret: "" } : {}) };
      const filled =
        "secret" in request && request.secret === "" ? { ...request, ...newSecret() } : request;
      return record({ ...change, request: shown }, () => answer(name, filled, context));
    };
  const newSecret = () => ({ secret: newWebhookSecret(parts.random) });
  const rotate = changes("rotateWebhookSecret");
  return bindService<typeof WebhookService, Operator>(WebhookService, {
    createWebhookEndpoint(request, context) {
      const endpointId = newWebhookEndpointId(parts.clock.nowMs(), parts.random);
      const { name: action, input: schema } = WebhookService.method.createWebhookEndpoint;
      const change = { by: context.identity, action, schema };
      const filled = { ...request, ...(request.secret === "" ? newSecret() : {}) };
      return record({ ...change, subject: endpointId, request: { ...request, secret: "" } }, () =>
        answer("createWebhookEndpoint", filled, context, endpointId),
      );
    },
    getWebhookEndpoint: reads("getWebhookEndpoint"),
    listWebhookEndpoints: reads("listWebhookEndpoints"),
    updateWebhookEndpoint: changes("updateWebhookEndpoint"),
    deleteWebhookEndpoint: changes("deleteWebhookEndpoint"),
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

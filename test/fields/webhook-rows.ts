/** The fields of webhooks that a way does not carry, or that another test proves, each with the reason. */
import type { Row } from "./ledger.ts";

const calls = "services/scheduler/test/webhook-delivery-calls.test.ts";

export const webhookRows: readonly Row[] = [
  {
    ways: ["WebhookService.CreateWebhookEndpoint response"],
    paths: [
      "endpoint.disabled_reason",
      "endpoint.former_secret_expire_time",
      "endpoint.failing_since",
      ...["reason", "since", "until"].map((name) => `endpoint.pause.${name}`),
    ],
    why: "a new endpoint has none of them",
  },
  {
    ways: ["SchedulerService.CreateWebhookEndpoint response"],
    paths: [
      ...["disabled_reason", "former_secret_expire_time", "failing_since"].map(
        (name) => `response.endpoint.${name}`,
      ),
      ...["reason", "since", "until"].map((name) => `response.endpoint.pause.${name}`),
    ],
    why: "a new endpoint has none of them",
  },
  {
    ways: ["Get", "Update"].map((name) => `WebhookService.${name}WebhookEndpoint response`),
    paths: ["endpoint.enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["SchedulerService.GetWebhookEndpoint response"],
    paths: ["response.endpoint.enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["SchedulerService.UpdateWebhookEndpoint response"],
    paths: ["response.endpoint.enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["WebhookService.ListWebhookEndpoints response", "HTTP GET /v1/webhook-endpoints"],
    paths: ["endpoints.enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["SchedulerService.ListWebhookEndpoints response"],
    paths: ["response.endpoints.enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["HTTP GET /v1/webhook-endpoints/{id}", "client webhooks get", "millrace webhooks show"],
    paths: ["enabled"],
    why: "Millrace has disabled the endpoint in which each other field is set; that of a new endpoint arrives",
  },
  {
    ways: ["WebhookService.SendTestEvent response"],
    paths: ["delivery.next_attempt_time", "delivery.attempts", "delivery.body_json"],
    why: "no request has been made yet, and only GetWebhookDelivery reads bodies",
  },
  {
    ways: ["SchedulerService.SendTestEvent response"],
    paths: [
      ...["next_attempt_time", "attempts", "body_json"].map((name) => `response.delivery.${name}`),
    ],
    why: "no request has been made yet, and only GetWebhookDelivery reads bodies",
  },
  {
    ways: ["WebhookService.ListWebhookDeliveries response", "HTTP GET /v1/webhook-deliveries"],
    paths: ["deliveries.body_json"],
    why: "lists leave out fields that may be long",
  },
  {
    ways: ["SchedulerService.ListWebhookDeliveries response"],
    paths: ["response.deliveries.body_json"],
    why: "lists leave out fields that may be long",
  },
  {
    ways: ["WebhookService.RedeliverWebhooks response"],
    paths: ["deliveries.next_attempt_time", "deliveries.attempts", "deliveries.body_json"],
    why: "no request has been made yet, and only GetWebhookDelivery reads bodies",
  },
  {
    ways: ["SchedulerService.RedeliverWebhooks response"],
    paths: [
      ...["next_attempt_time", "attempts", "body_json"].map(
        (name) => `response.deliveries.${name}`,
      ),
    ],
    why: "no request has been made yet, and only GetWebhookDelivery reads bodies",
  },
  {
    ways: ["WebhookService.RedeliverWebhooks response"],
    paths: ["more"],
    why: "true only for more than 1,000 deliveries",
    provedIn: calls,
  },
  {
    ways: ["SchedulerService.RedeliverWebhooks response"],
    paths: ["response.more"],
    why: "true only for more than 1,000 deliveries",
    provedIn: calls,
  },
  {
    ways: ["SchedulerService.SendTestEvent request", "SchedulerService.RedeliverWebhooks request"],
    paths: ["delivery_id"],
    why: "the gateway makes it; the named test proves that a repeated call has the same",
    provedIn: "services/gateway/test/webhooks.test.ts",
  },
  {
    ways: ["ApplyConfiguration request"],
    paths: ["configuration.webhook_endpoints.secret_file"],
    why: "only a scheduler's own file may name a file; the named test proves it",
    provedIn: "services/scheduler/test/apply-webhooks.test.ts",
  },
  {
    ways: ["configuration file"],
    paths: ["webhook_endpoints.secret_file"],
    why: "the command sends the file to a scheduler, which takes it only from a file of its own",
    provedIn: "services/scheduler/test/apply-webhooks.test.ts",
  },
];

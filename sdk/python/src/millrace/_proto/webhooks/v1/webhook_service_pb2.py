# Generated from millrace/webhooks/v1/webhook_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.webhooks.v1.webhook_endpoint_pb2

_pool.add_file(
    "CiptaWxscmFjZS93ZWJob29rcy92MS93ZWJob29rX3NlcnZpY2UucHJvdG8SFG1pbGxyYWNlLndlYmhvb2tzLnYx"
    "Gh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvGittaWxscmFjZS93ZWJob29rcy92MS93ZWJob29rX2Vu"
    "ZHBvaW50LnByb3RvIrwBChxDcmVhdGVXZWJob29rRW5kcG9pbnRSZXF1ZXN0EhAKA3VybBgBIAEoCVIDdXJsEh8K"
    "C2V2ZW50X3R5cGVzGAIgAygJUgpldmVudFR5cGVzEhIKBG5hbWUYAyABKAlSBG5hbWUSJQoOaW5jbHVkZV9yZXN1"
    "bHQYBCABKAhSDWluY2x1ZGVSZXN1bHQSFgoGc2VjcmV0GAUgASgJUgZzZWNyZXQSFgoGcXVldWVzGAYgAygJUgZx"
    "dWV1ZXMiegodQ3JlYXRlV2ViaG9va0VuZHBvaW50UmVzcG9uc2USQQoIZW5kcG9pbnQYASABKAsyJS5taWxscmFj"
    "ZS53ZWJob29rcy52MS5XZWJob29rRW5kcG9pbnRSCGVuZHBvaW50EhYKBnNlY3JldBgCIAEoCVIGc2VjcmV0IjwK"
    "GUdldFdlYmhvb2tFbmRwb2ludFJlcXVlc3QSHwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBvaW50SWQiXwoaR2V0"
    "V2ViaG9va0VuZHBvaW50UmVzcG9uc2USQQoIZW5kcG9pbnQYASABKAsyJS5taWxscmFjZS53ZWJob29rcy52MS5X"
    "ZWJob29rRW5kcG9pbnRSCGVuZHBvaW50Ih0KG0xpc3RXZWJob29rRW5kcG9pbnRzUmVxdWVzdCJjChxMaXN0V2Vi"
    "aG9va0VuZHBvaW50c1Jlc3BvbnNlEkMKCWVuZHBvaW50cxgBIAMoCzIlLm1pbGxyYWNlLndlYmhvb2tzLnYxLldl"
    "Ymhvb2tFbmRwb2ludFIJZW5kcG9pbnRzIoUDChxVcGRhdGVXZWJob29rRW5kcG9pbnRSZXF1ZXN0Eh8KC2VuZHBv"
    "aW50X2lkGAEgASgJUgplbmRwb2ludElkEhUKA3VybBgCIAEoCUgAUgN1cmyIAQESSAoLZXZlbnRfdHlwZXMYAyAB"
    "KAsyJy5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRXZlbnRUeXBlc1IKZXZlbnRUeXBlcxIXCgRuYW1lGAQg"
    "ASgJSAFSBG5hbWWIAQESKgoOaW5jbHVkZV9yZXN1bHQYBSABKAhIAlINaW5jbHVkZVJlc3VsdIgBARIdCgdlbmFi"
    "bGVkGAYgASgISANSB2VuYWJsZWSIAQESEgoEZXRhZxgHIAEoCVIEZXRhZxI7CgZxdWV1ZXMYCCABKAsyIy5taWxs"
    "cmFjZS53ZWJob29rcy52MS5XZWJob29rUXVldWVzUgZxdWV1ZXNCBgoEX3VybEIHCgVfbmFtZUIRCg9faW5jbHVk"
    "ZV9yZXN1bHRCCgoIX2VuYWJsZWQiJQoNV2ViaG9va1F1ZXVlcxIUCgVuYW1lcxgBIAMoCVIFbmFtZXMiKQoRV2Vi"
    "aG9va0V2ZW50VHlwZXMSFAoFdHlwZXMYASADKAlSBXR5cGVzImIKHVVwZGF0ZVdlYmhvb2tFbmRwb2ludFJlc3Bv"
    "bnNlEkEKCGVuZHBvaW50GAEgASgLMiUubWlsbHJhY2Uud2ViaG9va3MudjEuV2ViaG9va0VuZHBvaW50UghlbmRw"
    "b2ludCI/ChxEZWxldGVXZWJob29rRW5kcG9pbnRSZXF1ZXN0Eh8KC2VuZHBvaW50X2lkGAEgASgJUgplbmRwb2lu"
    "dElkIh8KHURlbGV0ZVdlYmhvb2tFbmRwb2ludFJlc3BvbnNlInoKGlJvdGF0ZVdlYmhvb2tTZWNyZXRSZXF1ZXN0"
    "Eh8KC2VuZHBvaW50X2lkGAEgASgJUgplbmRwb2ludElkEhYKBnNlY3JldBgCIAEoCVIGc2VjcmV0EiMKDXJldm9r"
    "ZV9mb3JtZXIYAyABKAhSDHJldm9rZUZvcm1lciKMAQobUm90YXRlV2ViaG9va1NlY3JldFJlc3BvbnNlEhYKBnNl"
    "Y3JldBgBIAEoCVIGc2VjcmV0ElUKGWZvcm1lcl9zZWNyZXRfZXhwaXJlX3RpbWUYAiABKAsyGi5nb29nbGUucHJv"
    "dG9idWYuVGltZXN0YW1wUhZmb3JtZXJTZWNyZXRFeHBpcmVUaW1lIhoKGEdldENhbGxiYWNrU2VjcmV0UmVxdWVz"
    "dCIzChlHZXRDYWxsYmFja1NlY3JldFJlc3BvbnNlEhYKBnNlY3JldBgBIAEoCVIGc2VjcmV0IjcKFFNlbmRUZXN0"
    "RXZlbnRSZXF1ZXN0Eh8KC2VuZHBvaW50X2lkGAEgASgJUgplbmRwb2ludElkIloKFVNlbmRUZXN0RXZlbnRSZXNw"
    "b25zZRJBCghkZWxpdmVyeRgBIAEoCzIlLm1pbGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tEZWxpdmVyeVIIZGVs"
    "aXZlcnkivQEKHExpc3RXZWJob29rRGVsaXZlcmllc1JlcXVlc3QSHwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBv"
    "aW50SWQSQAoFc3RhdGUYAiABKA4yKi5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRGVsaXZlcnlTdGF0ZVIF"
    "c3RhdGUSGwoJcGFnZV9zaXplGAMgASgNUghwYWdlU2l6ZRIdCgpwYWdlX3Rva2VuGAQgASgJUglwYWdlVG9rZW4i"
    "jgEKHUxpc3RXZWJob29rRGVsaXZlcmllc1Jlc3BvbnNlEkUKCmRlbGl2ZXJpZXMYASADKAsyJS5taWxscmFjZS53"
    "ZWJob29rcy52MS5XZWJob29rRGVsaXZlcnlSCmRlbGl2ZXJpZXMSJgoPbmV4dF9wYWdlX3Rva2VuGAIgASgJUg1u"
    "ZXh0UGFnZVRva2VuIjwKGUdldFdlYmhvb2tEZWxpdmVyeVJlcXVlc3QSHwoLZGVsaXZlcnlfaWQYASABKAlSCmRl"
    "bGl2ZXJ5SWQiXwoaR2V0V2ViaG9va0RlbGl2ZXJ5UmVzcG9uc2USQQoIZGVsaXZlcnkYASABKAsyJS5taWxscmFj"
    "ZS53ZWJob29rcy52MS5XZWJob29rRGVsaXZlcnlSCGRlbGl2ZXJ5IocBChhSZWRlbGl2ZXJXZWJob29rc1JlcXVl"
    "c3QSIQoLZGVsaXZlcnlfaWQYASABKAlIAFIKZGVsaXZlcnlJZBJACgZmYWlsZWQYAiABKAsyJi5taWxscmFjZS53"
    "ZWJob29rcy52MS5GYWlsZWREZWxpdmVyaWVzSABSBmZhaWxlZEIGCgR3aGF0ImUKEEZhaWxlZERlbGl2ZXJpZXMS"
    "HwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBvaW50SWQSMAoFc2luY2UYAiABKAsyGi5nb29nbGUucHJvdG9idWYu"
    "VGltZXN0YW1wUgVzaW5jZSJ2ChlSZWRlbGl2ZXJXZWJob29rc1Jlc3BvbnNlEkUKCmRlbGl2ZXJpZXMYASADKAsy"
    "JS5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRGVsaXZlcnlSCmRlbGl2ZXJpZXMSEgoEbW9yZRgCIAEoCFIE"
    "bW9yZTLfCgoOV2ViaG9va1NlcnZpY2USgAEKFUNyZWF0ZVdlYmhvb2tFbmRwb2ludBIyLm1pbGxyYWNlLndlYmhv"
    "b2tzLnYxLkNyZWF0ZVdlYmhvb2tFbmRwb2ludFJlcXVlc3QaMy5taWxscmFjZS53ZWJob29rcy52MS5DcmVhdGVX"
    "ZWJob29rRW5kcG9pbnRSZXNwb25zZRJ3ChJHZXRXZWJob29rRW5kcG9pbnQSLy5taWxscmFjZS53ZWJob29rcy52"
    "MS5HZXRXZWJob29rRW5kcG9pbnRSZXF1ZXN0GjAubWlsbHJhY2Uud2ViaG9va3MudjEuR2V0V2ViaG9va0VuZHBv"
    "aW50UmVzcG9uc2USfQoUTGlzdFdlYmhvb2tFbmRwb2ludHMSMS5taWxscmFjZS53ZWJob29rcy52MS5MaXN0V2Vi"
    "aG9va0VuZHBvaW50c1JlcXVlc3QaMi5taWxscmFjZS53ZWJob29rcy52MS5MaXN0V2ViaG9va0VuZHBvaW50c1Jl"
    "c3BvbnNlEoABChVVcGRhdGVXZWJob29rRW5kcG9pbnQSMi5taWxscmFjZS53ZWJob29rcy52MS5VcGRhdGVXZWJo"
    "b29rRW5kcG9pbnRSZXF1ZXN0GjMubWlsbHJhY2Uud2ViaG9va3MudjEuVXBkYXRlV2ViaG9va0VuZHBvaW50UmVz"
    "cG9uc2USgAEKFURlbGV0ZVdlYmhvb2tFbmRwb2ludBIyLm1pbGxyYWNlLndlYmhvb2tzLnYxLkRlbGV0ZVdlYmhv"
    "b2tFbmRwb2ludFJlcXVlc3QaMy5taWxscmFjZS53ZWJob29rcy52MS5EZWxldGVXZWJob29rRW5kcG9pbnRSZXNw"
    "b25zZRJ6ChNSb3RhdGVXZWJob29rU2VjcmV0EjAubWlsbHJhY2Uud2ViaG9va3MudjEuUm90YXRlV2ViaG9va1Nl"
    "Y3JldFJlcXVlc3QaMS5taWxscmFjZS53ZWJob29rcy52MS5Sb3RhdGVXZWJob29rU2VjcmV0UmVzcG9uc2USdAoR"
    "R2V0Q2FsbGJhY2tTZWNyZXQSLi5taWxscmFjZS53ZWJob29rcy52MS5HZXRDYWxsYmFja1NlY3JldFJlcXVlc3Qa"
    "Ly5taWxscmFjZS53ZWJob29rcy52MS5HZXRDYWxsYmFja1NlY3JldFJlc3BvbnNlEmgKDVNlbmRUZXN0RXZlbnQS"
    "Ki5taWxscmFjZS53ZWJob29rcy52MS5TZW5kVGVzdEV2ZW50UmVxdWVzdBorLm1pbGxyYWNlLndlYmhvb2tzLnYx"
    "LlNlbmRUZXN0RXZlbnRSZXNwb25zZRKAAQoVTGlzdFdlYmhvb2tEZWxpdmVyaWVzEjIubWlsbHJhY2Uud2ViaG9v"
    "a3MudjEuTGlzdFdlYmhvb2tEZWxpdmVyaWVzUmVxdWVzdBozLm1pbGxyYWNlLndlYmhvb2tzLnYxLkxpc3RXZWJo"
    "b29rRGVsaXZlcmllc1Jlc3BvbnNlEncKEkdldFdlYmhvb2tEZWxpdmVyeRIvLm1pbGxyYWNlLndlYmhvb2tzLnYx"
    "LkdldFdlYmhvb2tEZWxpdmVyeVJlcXVlc3QaMC5taWxscmFjZS53ZWJob29rcy52MS5HZXRXZWJob29rRGVsaXZl"
    "cnlSZXNwb25zZRJ0ChFSZWRlbGl2ZXJXZWJob29rcxIuLm1pbGxyYWNlLndlYmhvb2tzLnYxLlJlZGVsaXZlcldl"
    "Ymhvb2tzUmVxdWVzdBovLm1pbGxyYWNlLndlYmhvb2tzLnYxLlJlZGVsaXZlcldlYmhvb2tzUmVzcG9uc2ViBnBy"
    "b3RvMw=="
)

CreateWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.CreateWebhookEndpointRequest")
CreateWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.CreateWebhookEndpointResponse")
GetWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.GetWebhookEndpointRequest")
GetWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.GetWebhookEndpointResponse")
ListWebhookEndpointsRequest = _pool.message_class("millrace.webhooks.v1.ListWebhookEndpointsRequest")
ListWebhookEndpointsResponse = _pool.message_class("millrace.webhooks.v1.ListWebhookEndpointsResponse")
UpdateWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.UpdateWebhookEndpointRequest")
WebhookQueues = _pool.message_class("millrace.webhooks.v1.WebhookQueues")
WebhookEventTypes = _pool.message_class("millrace.webhooks.v1.WebhookEventTypes")
UpdateWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.UpdateWebhookEndpointResponse")
DeleteWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.DeleteWebhookEndpointRequest")
DeleteWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.DeleteWebhookEndpointResponse")
RotateWebhookSecretRequest = _pool.message_class("millrace.webhooks.v1.RotateWebhookSecretRequest")
RotateWebhookSecretResponse = _pool.message_class("millrace.webhooks.v1.RotateWebhookSecretResponse")
GetCallbackSecretRequest = _pool.message_class("millrace.webhooks.v1.GetCallbackSecretRequest")
GetCallbackSecretResponse = _pool.message_class("millrace.webhooks.v1.GetCallbackSecretResponse")
SendTestEventRequest = _pool.message_class("millrace.webhooks.v1.SendTestEventRequest")
SendTestEventResponse = _pool.message_class("millrace.webhooks.v1.SendTestEventResponse")
ListWebhookDeliveriesRequest = _pool.message_class("millrace.webhooks.v1.ListWebhookDeliveriesRequest")
ListWebhookDeliveriesResponse = _pool.message_class("millrace.webhooks.v1.ListWebhookDeliveriesResponse")
GetWebhookDeliveryRequest = _pool.message_class("millrace.webhooks.v1.GetWebhookDeliveryRequest")
GetWebhookDeliveryResponse = _pool.message_class("millrace.webhooks.v1.GetWebhookDeliveryResponse")
RedeliverWebhooksRequest = _pool.message_class("millrace.webhooks.v1.RedeliverWebhooksRequest")
FailedDeliveries = _pool.message_class("millrace.webhooks.v1.FailedDeliveries")
RedeliverWebhooksResponse = _pool.message_class("millrace.webhooks.v1.RedeliverWebhooksResponse")


class WebhookService:
    CreateWebhookEndpoint = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/CreateWebhookEndpoint", "millrace.webhooks.v1.CreateWebhookEndpointRequest", "millrace.webhooks.v1.CreateWebhookEndpointResponse")
    GetWebhookEndpoint = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/GetWebhookEndpoint", "millrace.webhooks.v1.GetWebhookEndpointRequest", "millrace.webhooks.v1.GetWebhookEndpointResponse")
    ListWebhookEndpoints = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/ListWebhookEndpoints", "millrace.webhooks.v1.ListWebhookEndpointsRequest", "millrace.webhooks.v1.ListWebhookEndpointsResponse")
    UpdateWebhookEndpoint = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/UpdateWebhookEndpoint", "millrace.webhooks.v1.UpdateWebhookEndpointRequest", "millrace.webhooks.v1.UpdateWebhookEndpointResponse")
    DeleteWebhookEndpoint = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/DeleteWebhookEndpoint", "millrace.webhooks.v1.DeleteWebhookEndpointRequest", "millrace.webhooks.v1.DeleteWebhookEndpointResponse")
    RotateWebhookSecret = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/RotateWebhookSecret", "millrace.webhooks.v1.RotateWebhookSecretRequest", "millrace.webhooks.v1.RotateWebhookSecretResponse")
    GetCallbackSecret = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/GetCallbackSecret", "millrace.webhooks.v1.GetCallbackSecretRequest", "millrace.webhooks.v1.GetCallbackSecretResponse")
    SendTestEvent = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/SendTestEvent", "millrace.webhooks.v1.SendTestEventRequest", "millrace.webhooks.v1.SendTestEventResponse")
    ListWebhookDeliveries = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/ListWebhookDeliveries", "millrace.webhooks.v1.ListWebhookDeliveriesRequest", "millrace.webhooks.v1.ListWebhookDeliveriesResponse")
    GetWebhookDelivery = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/GetWebhookDelivery", "millrace.webhooks.v1.GetWebhookDeliveryRequest", "millrace.webhooks.v1.GetWebhookDeliveryResponse")
    RedeliverWebhooks = _pool.UnaryUnary("/millrace.webhooks.v1.WebhookService/RedeliverWebhooks", "millrace.webhooks.v1.RedeliverWebhooksRequest", "millrace.webhooks.v1.RedeliverWebhooksResponse")

# Generated from millrace/webhooks/v1/webhook_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.webhooks.v1.webhook_endpoint_pb2

_pool.add_file(
    "CiptaWxscmFjZS93ZWJob29rcy92MS93ZWJob29rX3NlcnZpY2UucHJvdG8SFG1pbGxyYWNlLndlYmhvb2tzLnYx"
    "Gh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvGittaWxscmFjZS93ZWJob29rcy92MS93ZWJob29rX2Vu"
    "ZHBvaW50LnByb3RvIqQBChxDcmVhdGVXZWJob29rRW5kcG9pbnRSZXF1ZXN0EhAKA3VybBgBIAEoCVIDdXJsEh8K"
    "C2V2ZW50X3R5cGVzGAIgAygJUgpldmVudFR5cGVzEhIKBG5hbWUYAyABKAlSBG5hbWUSJQoOaW5jbHVkZV9yZXN1"
    "bHQYBCABKAhSDWluY2x1ZGVSZXN1bHQSFgoGc2VjcmV0GAUgASgJUgZzZWNyZXQiegodQ3JlYXRlV2ViaG9va0Vu"
    "ZHBvaW50UmVzcG9uc2USQQoIZW5kcG9pbnQYASABKAsyJS5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRW5k"
    "cG9pbnRSCGVuZHBvaW50EhYKBnNlY3JldBgCIAEoCVIGc2VjcmV0IjwKGUdldFdlYmhvb2tFbmRwb2ludFJlcXVl"
    "c3QSHwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBvaW50SWQiXwoaR2V0V2ViaG9va0VuZHBvaW50UmVzcG9uc2US"
    "QQoIZW5kcG9pbnQYASABKAsyJS5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRW5kcG9pbnRSCGVuZHBvaW50"
    "Ih0KG0xpc3RXZWJob29rRW5kcG9pbnRzUmVxdWVzdCJjChxMaXN0V2ViaG9va0VuZHBvaW50c1Jlc3BvbnNlEkMK"
    "CWVuZHBvaW50cxgBIAMoCzIlLm1pbGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tFbmRwb2ludFIJZW5kcG9pbnRz"
    "IsgCChxVcGRhdGVXZWJob29rRW5kcG9pbnRSZXF1ZXN0Eh8KC2VuZHBvaW50X2lkGAEgASgJUgplbmRwb2ludElk"
    "EhUKA3VybBgCIAEoCUgAUgN1cmyIAQESSAoLZXZlbnRfdHlwZXMYAyABKAsyJy5taWxscmFjZS53ZWJob29rcy52"
    "MS5XZWJob29rRXZlbnRUeXBlc1IKZXZlbnRUeXBlcxIXCgRuYW1lGAQgASgJSAFSBG5hbWWIAQESKgoOaW5jbHVk"
    "ZV9yZXN1bHQYBSABKAhIAlINaW5jbHVkZVJlc3VsdIgBARIdCgdlbmFibGVkGAYgASgISANSB2VuYWJsZWSIAQES"
    "EgoEZXRhZxgHIAEoCVIEZXRhZ0IGCgRfdXJsQgcKBV9uYW1lQhEKD19pbmNsdWRlX3Jlc3VsdEIKCghfZW5hYmxl"
    "ZCIpChFXZWJob29rRXZlbnRUeXBlcxIUCgV0eXBlcxgBIAMoCVIFdHlwZXMiYgodVXBkYXRlV2ViaG9va0VuZHBv"
    "aW50UmVzcG9uc2USQQoIZW5kcG9pbnQYASABKAsyJS5taWxscmFjZS53ZWJob29rcy52MS5XZWJob29rRW5kcG9p"
    "bnRSCGVuZHBvaW50Ij8KHERlbGV0ZVdlYmhvb2tFbmRwb2ludFJlcXVlc3QSHwoLZW5kcG9pbnRfaWQYASABKAlS"
    "CmVuZHBvaW50SWQiHwodRGVsZXRlV2ViaG9va0VuZHBvaW50UmVzcG9uc2UiegoaUm90YXRlV2ViaG9va1NlY3Jl"
    "dFJlcXVlc3QSHwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBvaW50SWQSFgoGc2VjcmV0GAIgASgJUgZzZWNyZXQS"
    "IwoNcmV2b2tlX2Zvcm1lchgDIAEoCFIMcmV2b2tlRm9ybWVyIowBChtSb3RhdGVXZWJob29rU2VjcmV0UmVzcG9u"
    "c2USFgoGc2VjcmV0GAEgASgJUgZzZWNyZXQSVQoZZm9ybWVyX3NlY3JldF9leHBpcmVfdGltZRgCIAEoCzIaLmdv"
    "b2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSFmZvcm1lclNlY3JldEV4cGlyZVRpbWUiGgoYR2V0Q2FsbGJhY2tTZWNy"
    "ZXRSZXF1ZXN0IjMKGUdldENhbGxiYWNrU2VjcmV0UmVzcG9uc2USFgoGc2VjcmV0GAEgASgJUgZzZWNyZXQiNwoU"
    "U2VuZFRlc3RFdmVudFJlcXVlc3QSHwoLZW5kcG9pbnRfaWQYASABKAlSCmVuZHBvaW50SWQiWgoVU2VuZFRlc3RF"
    "dmVudFJlc3BvbnNlEkEKCGRlbGl2ZXJ5GAEgASgLMiUubWlsbHJhY2Uud2ViaG9va3MudjEuV2ViaG9va0RlbGl2"
    "ZXJ5UghkZWxpdmVyeSK9AQocTGlzdFdlYmhvb2tEZWxpdmVyaWVzUmVxdWVzdBIfCgtlbmRwb2ludF9pZBgBIAEo"
    "CVIKZW5kcG9pbnRJZBJACgVzdGF0ZRgCIAEoDjIqLm1pbGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tEZWxpdmVy"
    "eVN0YXRlUgVzdGF0ZRIbCglwYWdlX3NpemUYAyABKA1SCHBhZ2VTaXplEh0KCnBhZ2VfdG9rZW4YBCABKAlSCXBh"
    "Z2VUb2tlbiKOAQodTGlzdFdlYmhvb2tEZWxpdmVyaWVzUmVzcG9uc2USRQoKZGVsaXZlcmllcxgBIAMoCzIlLm1p"
    "bGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tEZWxpdmVyeVIKZGVsaXZlcmllcxImCg9uZXh0X3BhZ2VfdG9rZW4Y"
    "AiABKAlSDW5leHRQYWdlVG9rZW4iPAoZR2V0V2ViaG9va0RlbGl2ZXJ5UmVxdWVzdBIfCgtkZWxpdmVyeV9pZBgB"
    "IAEoCVIKZGVsaXZlcnlJZCJfChpHZXRXZWJob29rRGVsaXZlcnlSZXNwb25zZRJBCghkZWxpdmVyeRgBIAEoCzIl"
    "Lm1pbGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tEZWxpdmVyeVIIZGVsaXZlcnkihwEKGFJlZGVsaXZlcldlYmhv"
    "b2tzUmVxdWVzdBIhCgtkZWxpdmVyeV9pZBgBIAEoCUgAUgpkZWxpdmVyeUlkEkAKBmZhaWxlZBgCIAEoCzImLm1p"
    "bGxyYWNlLndlYmhvb2tzLnYxLkZhaWxlZERlbGl2ZXJpZXNIAFIGZmFpbGVkQgYKBHdoYXQiZQoQRmFpbGVkRGVs"
    "aXZlcmllcxIfCgtlbmRwb2ludF9pZBgBIAEoCVIKZW5kcG9pbnRJZBIwCgVzaW5jZRgCIAEoCzIaLmdvb2dsZS5w"
    "cm90b2J1Zi5UaW1lc3RhbXBSBXNpbmNlInYKGVJlZGVsaXZlcldlYmhvb2tzUmVzcG9uc2USRQoKZGVsaXZlcmll"
    "cxgBIAMoCzIlLm1pbGxyYWNlLndlYmhvb2tzLnYxLldlYmhvb2tEZWxpdmVyeVIKZGVsaXZlcmllcxISCgRtb3Jl"
    "GAIgASgIUgRtb3JlMt8KCg5XZWJob29rU2VydmljZRKAAQoVQ3JlYXRlV2ViaG9va0VuZHBvaW50EjIubWlsbHJh"
    "Y2Uud2ViaG9va3MudjEuQ3JlYXRlV2ViaG9va0VuZHBvaW50UmVxdWVzdBozLm1pbGxyYWNlLndlYmhvb2tzLnYx"
    "LkNyZWF0ZVdlYmhvb2tFbmRwb2ludFJlc3BvbnNlEncKEkdldFdlYmhvb2tFbmRwb2ludBIvLm1pbGxyYWNlLndl"
    "Ymhvb2tzLnYxLkdldFdlYmhvb2tFbmRwb2ludFJlcXVlc3QaMC5taWxscmFjZS53ZWJob29rcy52MS5HZXRXZWJo"
    "b29rRW5kcG9pbnRSZXNwb25zZRJ9ChRMaXN0V2ViaG9va0VuZHBvaW50cxIxLm1pbGxyYWNlLndlYmhvb2tzLnYx"
    "Lkxpc3RXZWJob29rRW5kcG9pbnRzUmVxdWVzdBoyLm1pbGxyYWNlLndlYmhvb2tzLnYxLkxpc3RXZWJob29rRW5k"
    "cG9pbnRzUmVzcG9uc2USgAEKFVVwZGF0ZVdlYmhvb2tFbmRwb2ludBIyLm1pbGxyYWNlLndlYmhvb2tzLnYxLlVw"
    "ZGF0ZVdlYmhvb2tFbmRwb2ludFJlcXVlc3QaMy5taWxscmFjZS53ZWJob29rcy52MS5VcGRhdGVXZWJob29rRW5k"
    "cG9pbnRSZXNwb25zZRKAAQoVRGVsZXRlV2ViaG9va0VuZHBvaW50EjIubWlsbHJhY2Uud2ViaG9va3MudjEuRGVs"
    "ZXRlV2ViaG9va0VuZHBvaW50UmVxdWVzdBozLm1pbGxyYWNlLndlYmhvb2tzLnYxLkRlbGV0ZVdlYmhvb2tFbmRw"
    "b2ludFJlc3BvbnNlEnoKE1JvdGF0ZVdlYmhvb2tTZWNyZXQSMC5taWxscmFjZS53ZWJob29rcy52MS5Sb3RhdGVX"
    "ZWJob29rU2VjcmV0UmVxdWVzdBoxLm1pbGxyYWNlLndlYmhvb2tzLnYxLlJvdGF0ZVdlYmhvb2tTZWNyZXRSZXNw"
    "b25zZRJ0ChFHZXRDYWxsYmFja1NlY3JldBIuLm1pbGxyYWNlLndlYmhvb2tzLnYxLkdldENhbGxiYWNrU2VjcmV0"
    "UmVxdWVzdBovLm1pbGxyYWNlLndlYmhvb2tzLnYxLkdldENhbGxiYWNrU2VjcmV0UmVzcG9uc2USaAoNU2VuZFRl"
    "c3RFdmVudBIqLm1pbGxyYWNlLndlYmhvb2tzLnYxLlNlbmRUZXN0RXZlbnRSZXF1ZXN0GisubWlsbHJhY2Uud2Vi"
    "aG9va3MudjEuU2VuZFRlc3RFdmVudFJlc3BvbnNlEoABChVMaXN0V2ViaG9va0RlbGl2ZXJpZXMSMi5taWxscmFj"
    "ZS53ZWJob29rcy52MS5MaXN0V2ViaG9va0RlbGl2ZXJpZXNSZXF1ZXN0GjMubWlsbHJhY2Uud2ViaG9va3MudjEu"
    "TGlzdFdlYmhvb2tEZWxpdmVyaWVzUmVzcG9uc2USdwoSR2V0V2ViaG9va0RlbGl2ZXJ5Ei8ubWlsbHJhY2Uud2Vi"
    "aG9va3MudjEuR2V0V2ViaG9va0RlbGl2ZXJ5UmVxdWVzdBowLm1pbGxyYWNlLndlYmhvb2tzLnYxLkdldFdlYmhv"
    "b2tEZWxpdmVyeVJlc3BvbnNlEnQKEVJlZGVsaXZlcldlYmhvb2tzEi4ubWlsbHJhY2Uud2ViaG9va3MudjEuUmVk"
    "ZWxpdmVyV2ViaG9va3NSZXF1ZXN0Gi8ubWlsbHJhY2Uud2ViaG9va3MudjEuUmVkZWxpdmVyV2ViaG9va3NSZXNw"
    "b25zZWIGcHJvdG8z"
)

CreateWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.CreateWebhookEndpointRequest")
CreateWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.CreateWebhookEndpointResponse")
GetWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.GetWebhookEndpointRequest")
GetWebhookEndpointResponse = _pool.message_class("millrace.webhooks.v1.GetWebhookEndpointResponse")
ListWebhookEndpointsRequest = _pool.message_class("millrace.webhooks.v1.ListWebhookEndpointsRequest")
ListWebhookEndpointsResponse = _pool.message_class("millrace.webhooks.v1.ListWebhookEndpointsResponse")
UpdateWebhookEndpointRequest = _pool.message_class("millrace.webhooks.v1.UpdateWebhookEndpointRequest")
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

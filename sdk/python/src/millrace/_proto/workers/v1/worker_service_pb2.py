# Generated from millrace/workers/v1/worker_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.documents.v1.document_service_pb2
import millrace._proto.jobs.v1.group_pb2
import millrace._proto.jobs.v1.job_pb2

_pool.add_file(
    "CihtaWxscmFjZS93b3JrZXJzL3YxL3dvcmtlcl9zZXJ2aWNlLnByb3RvEhNtaWxscmFjZS53b3JrZXJzLnYxGh5n"
    "b29nbGUvcHJvdG9idWYvZHVyYXRpb24ucHJvdG8aH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAucHJvdG8aLG1p"
    "bGxyYWNlL2RvY3VtZW50cy92MS9kb2N1bWVudF9zZXJ2aWNlLnByb3RvGhxtaWxscmFjZS9qb2JzL3YxL2dyb3Vw"
    "LnByb3RvGhptaWxscmFjZS9qb2JzL3YxL2pvYi5wcm90byJqChJHZXREb2N1bWVudFJlcXVlc3QSMwoFbGVhc2UY"
    "ASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRIfCgtkb2N1bWVudF9pZBgCIAEoCVIK"
    "ZG9jdW1lbnRJZCJSChNHZXREb2N1bWVudFJlc3BvbnNlEjsKCGRvY3VtZW50GAEgASgLMh8ubWlsbHJhY2UuZG9j"
    "dW1lbnRzLnYxLkRvY3VtZW50Ughkb2N1bWVudCJvChdEb3dubG9hZERvY3VtZW50UmVxdWVzdBIzCgVsZWFzZRgB"
    "IAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEh8KC2RvY3VtZW50X2lkGAIgASgJUgpk"
    "b2N1bWVudElkIn0KGERvd25sb2FkRG9jdW1lbnRSZXNwb25zZRI9Cghkb2N1bWVudBgBIAEoCzIfLm1pbGxyYWNl"
    "LmRvY3VtZW50cy52MS5Eb2N1bWVudEgAUghkb2N1bWVudBIaCgdjb250ZW50GAIgASgMSABSB2NvbnRlbnRCBgoE"
    "cGFydCLRAgoNRmFuT3V0UmVxdWVzdBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VS"
    "ZWZSBWxlYXNlEhgKB29yZGluYWwYAiABKA1SB29yZGluYWwSHwoLcGxhbl9zaGEyNTYYAyABKAxSCnBsYW5TaGEy"
    "NTYSLwoEcnVsZRgEIAEoCzIbLm1pbGxyYWNlLmpvYnMudjEuR3JvdXBSdWxlUgRydWxlEiIKDW1heF9pbl9mbGln"
    "aHQYBSABKA1SC21heEluRmxpZ2h0EiMKDWtlZXBfc2libGluZ3MYBiABKAhSDGtlZXBTaWJsaW5ncxIfCgtmaXJz"
    "dF9pbmRleBgHIAEoDVIKZmlyc3RJbmRleBI1CghjaGlsZHJlbhgIIAMoCzIZLm1pbGxyYWNlLmpvYnMudjEuSm9i"
    "U3BlY1IIY2hpbGRyZW4iPwoORmFuT3V0UmVzcG9uc2USLQoFZ3JvdXAYASABKAsyFy5taWxscmFjZS5qb2JzLnYx"
    "Lkdyb3VwUgVncm91cCKFAQoTUmVhZENoaWxkcmVuUmVxdWVzdBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndv"
    "cmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEhgKB29yZGluYWwYAiABKA1SB29yZGluYWwSHwoLYWZ0ZXJfaW5kZXgY"
    "AyABKA1SCmFmdGVySW5kZXgikwEKFFJlYWRDaGlsZHJlblJlc3BvbnNlEi0KBWdyb3VwGAEgASgLMhcubWlsbHJh"
    "Y2Uuam9icy52MS5Hcm91cFIFZ3JvdXASOAoIY2hpbGRyZW4YAiADKAsyHC5taWxscmFjZS5qb2JzLnYxLkdyb3Vw"
    "Q2hpbGRSCGNoaWxkcmVuEhIKBG1vcmUYAyABKAhSBG1vcmUidQoVU2F2ZUNoZWNrcG9pbnRSZXF1ZXN0EjMKBWxl"
    "YXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USJwoPY2hlY2twb2ludF9qc29u"
    "GAIgASgJUg5jaGVja3BvaW50SnNvbiIYChZTYXZlQ2hlY2twb2ludFJlc3BvbnNlIrYDCgtXb3JrUmVxdWVzdBIy"
    "CgVoZWxsbxgBIAEoCzIaLm1pbGxyYWNlLndvcmtlcnMudjEuSGVsbG9IAFIFaGVsbG8SNQoGY3JlZGl0GAIgASgL"
    "MhsubWlsbHJhY2Uud29ya2Vycy52MS5DcmVkaXRIAFIGY3JlZGl0Ej4KCWhlYXJ0YmVhdBgDIAEoCzIeLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuSGVhcnRiZWF0SABSCWhlYXJ0YmVhdBI7CgZvdXRwdXQYBCABKAsyIS5taWxscmFjZS53"
    "b3JrZXJzLnYxLkFwcGVuZE91dHB1dEgAUgZvdXRwdXQSPQoGc2V0dGxlGAUgASgLMiMubWlsbHJhY2Uud29ya2Vy"
    "cy52MS5TZXR0bGVBdHRlbXB0c0gAUgZzZXR0bGUSOwoIZHJhaW5pbmcYBiABKAsyHS5taWxscmFjZS53b3JrZXJz"
    "LnYxLkRyYWluaW5nSABSCGRyYWluaW5nEjgKB2dvb2RieWUYByABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLkdv"
    "b2RieWVIAFIHZ29vZGJ5ZUIJCgdtZXNzYWdlIpoCCgVIZWxsbxIbCgl3b3JrZXJfaWQYASABKAlSCHdvcmtlcklk"
    "EhYKBnF1ZXVlcxgCIAMoCVIGcXVldWVzEhQKBXBvb2xzGAMgAygJUgVwb29scxIUCgV0eXBlcxgEIAMoCVIFdHlw"
    "ZXMSFgoGY3JlZGl0GAUgASgNUgZjcmVkaXQSNQoGbGVhc2VzGAYgAygLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5M"
    "ZWFzZVJlZlIGbGVhc2VzEhAKA3NkaxgHIAEoCVIDc2RrEh8KC2d1ZXN0X3Nsb3RzGAggASgNUgpndWVzdFNsb3Rz"
    "EhQKBXNsb3RzGAkgASgNUgVzbG90cxIYCgd2ZXJzaW9uGAogASgJUgd2ZXJzaW9uIkYKCExlYXNlUmVmEhUKBmpv"
    "Yl9pZBgBIAEoCVIFam9iSWQSIwoNZmVuY2luZ190b2tlbhgCIAEoBFIMZmVuY2luZ1Rva2VuIh4KBkNyZWRpdBIU"
    "CgVzbG90cxgBIAEoDVIFc2xvdHMiQgoJSGVhcnRiZWF0EjUKBmxlYXNlcxgBIAMoCzIdLm1pbGxyYWNlLndvcmtl"
    "cnMudjEuTGVhc2VSZWZSBmxlYXNlcyJOCgxBcHBlbmRPdXRwdXQSPgoIYXR0ZW1wdHMYASADKAsyIi5taWxscmFj"
    "ZS53b3JrZXJzLnYxLkF0dGVtcHRPdXRwdXRSCGF0dGVtcHRzIqUBCg1BdHRlbXB0T3V0cHV0EjMKBWxlYXNlGAEg"
    "ASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USJQoOZmlyc3Rfc2VxdWVuY2UYAiABKA1S"
    "DWZpcnN0U2VxdWVuY2USOAoGY2h1bmtzGAMgAygLMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xb3JrZXJDaHVua1IG"
    "Y2h1bmtzIn4KC1dvcmtlckNodW5rEhQKBHRleHQYASABKAlIAFIEdGV4dBIUCgRkYXRhGAIgASgMSABSBGRhdGES"
    "OAoIcHJvZ3Jlc3MYAyABKAsyGi5taWxscmFjZS5qb2JzLnYxLlByb2dyZXNzSABSCHByb2dyZXNzQgkKB2NvbnRl"
    "bnQiUQoOU2V0dGxlQXR0ZW1wdHMSPwoIb3V0Y29tZXMYASADKAsyIy5taWxscmFjZS53b3JrZXJzLnYxLkF0dGVt"
    "cHRPdXRjb21lUghvdXRjb21lcyKuAwoOQXR0ZW1wdE91dGNvbWUSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53"
    "b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRI+Cgljb21wbGV0ZWQYAiABKAsyHi5taWxscmFjZS53b3JrZXJzLnYx"
    "LkNvbXBsZXRlZEgAUgljb21wbGV0ZWQSNQoGZmFpbGVkGAMgASgLMhsubWlsbHJhY2Uud29ya2Vycy52MS5GYWls"
    "ZWRIAFIGZmFpbGVkEjgKB3N0b3BwZWQYBCABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BwZWRIAFIHc3Rv"
    "cHBlZBJCCgtoYW5kZWRfYmFjaxgFIAEoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEuSGFuZGVkQmFja0gAUgpoYW5k"
    "ZWRCYWNrEjgKB3dhaXRpbmcYByABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLldhaXRpbmdIAFIHd2FpdGluZxIt"
    "CgV1c2FnZRgGIAEoCzIXLm1pbGxyYWNlLmpvYnMudjEuVXNhZ2VSBXVzYWdlQgkKB291dGNvbWUiJQoHV2FpdGlu"
    "ZxIaCghjaGlsZHJlbhgBIAEoDVIIY2hpbGRyZW4iLAoJQ29tcGxldGVkEh8KC3Jlc3VsdF9qc29uGAEgASgJUgpy"
    "ZXN1bHRKc29uIr8BCgZGYWlsZWQSNgoHZmFpbHVyZRgBIAEoCzIcLm1pbGxyYWNlLmpvYnMudjEuSm9iRmFpbHVy"
    "ZVIHZmFpbHVyZRI6CgtyZXRyeV9hZnRlchgCIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIKcmV0cnlB"
    "ZnRlchJBCghwcm92aWRlchgDIAEoCzIlLm1pbGxyYWNlLndvcmtlcnMudjEuUHJvdmlkZXJGZWVkYmFja1IIcHJv"
    "dmlkZXIipgIKEFByb3ZpZGVyRmVlZGJhY2sSGAoHYWNjb3VudBgBIAEoCVIHYWNjb3VudBIfCgtodHRwX3N0YXR1"
    "cxgCIAEoDVIKaHR0cFN0YXR1cxInCg9xdW90YV9leGhhdXN0ZWQYAyABKAhSDnF1b3RhRXhoYXVzdGVkEmkKEnJh"
    "dGVfbGltaXRfaGVhZGVycxgEIAMoCzI7Lm1pbGxyYWNlLndvcmtlcnMudjEuUHJvdmlkZXJGZWVkYmFjay5SYXRl"
    "TGltaXRIZWFkZXJzRW50cnlSEHJhdGVMaW1pdEhlYWRlcnMaQwoVUmF0ZUxpbWl0SGVhZGVyc0VudHJ5EhAKA2tl"
    "eRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEiCQoHU3RvcHBlZCIkCgpIYW5kZWRCYWNrEhYK"
    "BnJlYXNvbhgBIAEoCVIGcmVhc29uIgoKCERyYWluaW5nIgkKB0dvb2RieWUi2AMKDFdvcmtSZXNwb25zZRI4Cgd3"
    "ZWxjb21lGAEgASgLMhwubWlsbHJhY2Uud29ya2Vycy52MS5XZWxjb21lSABSB3dlbGNvbWUSRAoLYXNzaWdubWVu"
    "dHMYAiABKAsyIC5taWxscmFjZS53b3JrZXJzLnYxLkFzc2lnbm1lbnRzSABSC2Fzc2lnbm1lbnRzEkgKDWhlYXJ0"
    "YmVhdF9hY2sYAyABKAsyIS5taWxscmFjZS53b3JrZXJzLnYxLkhlYXJ0YmVhdEFja0gAUgxoZWFydGJlYXRBY2sS"
    "QgoLb3V0cHV0X2Fja3MYBCABKAsyHy5taWxscmFjZS53b3JrZXJzLnYxLk91dHB1dEFja3NIAFIKb3V0cHV0QWNr"
    "cxJCCgtzZXR0bGVfYWNrcxgFIAEoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEuU2V0dGxlQWNrc0gAUgpzZXR0bGVB"
    "Y2tzEjcKBHN0b3AYBiABKAsyIS5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BBdHRlbXB0c0gAUgRzdG9wEjIKBWRy"
    "YWluGAcgASgLMhoubWlsbHJhY2Uud29ya2Vycy52MS5EcmFpbkgAUgVkcmFpbkIJCgdtZXNzYWdlItcCCgdXZWxj"
    "b21lEiEKDHNjaGVkdWxlcl9pZBgBIAEoCVILc2NoZWR1bGVySWQSQAoObGVhc2VfZHVyYXRpb24YAiABKAsyGS5n"
    "b29nbGUucHJvdG9idWYuRHVyYXRpb25SDWxlYXNlRHVyYXRpb24SSAoSaGVhcnRiZWF0X2ludGVydmFsGAMgASgL"
    "MhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUhFoZWFydGJlYXRJbnRlcnZhbBI4CgpzdG9wX2dyYWNlGAQgASgL"
    "MhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUglzdG9wR3JhY2USOAoGbGVhc2VzGAUgAygLMiAubWlsbHJhY2Uu"
    "d29ya2Vycy52MS5MZWFzZVN0YXR1c1IGbGVhc2VzEikKEHVuZGVmaW5lZF9xdWV1ZXMYBiADKAlSD3VuZGVmaW5l"
    "ZFF1ZXVlcyKmAQoLTGVhc2VTdGF0dXMSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNl"
    "UmVmUgVsZWFzZRISCgRoZWxkGAIgASgIUgRoZWxkEiMKDW5leHRfc2VxdWVuY2UYAyABKA1SDG5leHRTZXF1ZW5j"
    "ZRIpChBjYW5jZWxfcmVxdWVzdGVkGAQgASgIUg9jYW5jZWxSZXF1ZXN0ZWQiUAoLQXNzaWdubWVudHMSQQoLYXNz"
    "aWdubWVudHMYASADKAsyHy5taWxscmFjZS53b3JrZXJzLnYxLkFzc2lnbm1lbnRSC2Fzc2lnbm1lbnRzIu4FCgpB"
    "c3NpZ25tZW50EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USFAoF"
    "cXVldWUYAiABKAlSBXF1ZXVlEhIKBHR5cGUYAyABKAlSBHR5cGUSGAoHYXR0ZW1wdBgEIAEoDVIHYXR0ZW1wdBIh"
    "CgxtYXhfYXR0ZW1wdHMYBSABKA1SC21heEF0dGVtcHRzEiEKDHBheWxvYWRfanNvbhgGIAEoCVILcGF5bG9hZEpz"
    "b24SIQoMZG9jdW1lbnRfaWRzGAcgAygJUgtkb2N1bWVudElkcxISCgRwb29sGAggASgJUgRwb29sEjYKCGRlYWRs"
    "aW5lGAkgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIIZGVhZGxpbmUSQwoGbGFiZWxzGAogAygLMisu"
    "bWlsbHJhY2Uud29ya2Vycy52MS5Bc3NpZ25tZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSIAoLdHJhY2VwYXJlbnQY"
    "CyABKAlSC3RyYWNlcGFyZW50Eh4KCnRyYWNlc3RhdGUYDCABKAlSCnRyYWNlc3RhdGUSFQoGa2V5X2lkGA0gASgJ"
    "UgVrZXlJZBIZCghmYW5fb3V0cxgOIAEoDVIHZmFuT3V0cxIsChJmaW5hbGl6ZXNfZ3JvdXBfaWQYDyABKAlSEGZp"
    "bmFsaXplc0dyb3VwSWQSJwoPY2hlY2twb2ludF9qc29uGBAgASgJUg5jaGVja3BvaW50SnNvbhIfCgtzY2hlZHVs"
    "ZV9pZBgRIAEoCVIKc2NoZWR1bGVJZBJGChFzY2hlZHVsZV9kdWVfdGltZRgSIAEoCzIaLmdvb2dsZS5wcm90b2J1"
    "Zi5UaW1lc3RhbXBSD3NjaGVkdWxlRHVlVGltZRo5CgtMYWJlbHNFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2"
    "YWx1ZRgCIAEoCVIFdmFsdWU6AjgBIkEKDEhlYXJ0YmVhdEFjaxIxCgRsb3N0GAEgAygLMh0ubWlsbHJhY2Uud29y"
    "a2Vycy52MS5MZWFzZVJlZlIEbG9zdCJACgpPdXRwdXRBY2tzEjIKBGFja3MYASADKAsyHi5taWxscmFjZS53b3Jr"
    "ZXJzLnYxLk91dHB1dEFja1IEYWNrcyKfAQoJT3V0cHV0QWNrEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29y"
    "a2Vycy52MS5MZWFzZVJlZlIFbGVhc2USOAoGc3RhdHVzGAIgASgOMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xcml0"
    "ZVN0YXR1c1IGc3RhdHVzEiMKDW5leHRfc2VxdWVuY2UYAyABKA1SDG5leHRTZXF1ZW5jZSJACgpTZXR0bGVBY2tz"
    "EjIKBGFja3MYASADKAsyHi5taWxscmFjZS53b3JrZXJzLnYxLlNldHRsZUFja1IEYWNrcyLGAQoJU2V0dGxlQWNr"
    "EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USOAoGc3RhdHVzGAIg"
    "ASgOMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xcml0ZVN0YXR1c1IGc3RhdHVzEjAKBXN0YXRlGAMgASgOMhoubWls"
    "bHJhY2Uuam9icy52MS5Kb2JTdGF0ZVIFc3RhdGUSGAoHYm91bmNlZBgEIAEoCFIHYm91bmNlZCJMCgxTdG9wQXR0"
    "ZW1wdHMSPAoIYXR0ZW1wdHMYASADKAsyIC5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BBdHRlbXB0UghhdHRlbXB0"
    "cyJ7CgtTdG9wQXR0ZW1wdBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxl"
    "YXNlEjcKBnJlYXNvbhgCIAEoDjIfLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcFJlYXNvblIGcmVhc29uIgcKBURy"
    "YWluKqYBCgtXcml0ZVN0YXR1cxIcChhXUklURV9TVEFUVVNfVU5TUEVDSUZJRUQQABIXChNXUklURV9TVEFUVVNf"
    "U1RPUkVEEAESGwoXV1JJVEVfU1RBVFVTX0xFQVNFX0xPU1QQAhIUChBXUklURV9TVEFUVVNfR0FQEAMSFQoRV1JJ"
    "VEVfU1RBVFVTX0ZVTEwQBBIWChJXUklURV9TVEFUVVNfUkVUUlkQBSp6CgpTdG9wUmVhc29uEhsKF1NUT1BfUkVB"
    "U09OX1VOU1BFQ0lGSUVEEAASGQoVU1RPUF9SRUFTT05fQ0FOQ0VMTEVEEAESGAoUU1RPUF9SRUFTT05fREVBRExJ"
    "TkUQAhIaChZTVE9QX1JFQVNPTl9MRUFTRV9MT1NUEAMy2AQKDVdvcmtlclNlcnZpY2USTwoEV29yaxIgLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuV29ya1JlcXVlc3QaIS5taWxscmFjZS53b3JrZXJzLnYxLldvcmtSZXNwb25zZSgBMAES"
    "UQoGRmFuT3V0EiIubWlsbHJhY2Uud29ya2Vycy52MS5GYW5PdXRSZXF1ZXN0GiMubWlsbHJhY2Uud29ya2Vycy52"
    "MS5GYW5PdXRSZXNwb25zZRJjCgxSZWFkQ2hpbGRyZW4SKC5taWxscmFjZS53b3JrZXJzLnYxLlJlYWRDaGlsZHJl"
    "blJlcXVlc3QaKS5taWxscmFjZS53b3JrZXJzLnYxLlJlYWRDaGlsZHJlblJlc3BvbnNlEmkKDlNhdmVDaGVja3Bv"
    "aW50EioubWlsbHJhY2Uud29ya2Vycy52MS5TYXZlQ2hlY2twb2ludFJlcXVlc3QaKy5taWxscmFjZS53b3JrZXJz"
    "LnYxLlNhdmVDaGVja3BvaW50UmVzcG9uc2USYAoLR2V0RG9jdW1lbnQSJy5taWxscmFjZS53b3JrZXJzLnYxLkdl"
    "dERvY3VtZW50UmVxdWVzdBooLm1pbGxyYWNlLndvcmtlcnMudjEuR2V0RG9jdW1lbnRSZXNwb25zZRJxChBEb3du"
    "bG9hZERvY3VtZW50EiwubWlsbHJhY2Uud29ya2Vycy52MS5Eb3dubG9hZERvY3VtZW50UmVxdWVzdBotLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuRG93bmxvYWREb2N1bWVudFJlc3BvbnNlMAFiBnByb3RvMw=="
)

GetDocumentRequest = _pool.message_class("millrace.workers.v1.GetDocumentRequest")
GetDocumentResponse = _pool.message_class("millrace.workers.v1.GetDocumentResponse")
DownloadDocumentRequest = _pool.message_class("millrace.workers.v1.DownloadDocumentRequest")
DownloadDocumentResponse = _pool.message_class("millrace.workers.v1.DownloadDocumentResponse")
FanOutRequest = _pool.message_class("millrace.workers.v1.FanOutRequest")
FanOutResponse = _pool.message_class("millrace.workers.v1.FanOutResponse")
ReadChildrenRequest = _pool.message_class("millrace.workers.v1.ReadChildrenRequest")
ReadChildrenResponse = _pool.message_class("millrace.workers.v1.ReadChildrenResponse")
SaveCheckpointRequest = _pool.message_class("millrace.workers.v1.SaveCheckpointRequest")
SaveCheckpointResponse = _pool.message_class("millrace.workers.v1.SaveCheckpointResponse")
WorkRequest = _pool.message_class("millrace.workers.v1.WorkRequest")
Hello = _pool.message_class("millrace.workers.v1.Hello")
LeaseRef = _pool.message_class("millrace.workers.v1.LeaseRef")
Credit = _pool.message_class("millrace.workers.v1.Credit")
Heartbeat = _pool.message_class("millrace.workers.v1.Heartbeat")
AppendOutput = _pool.message_class("millrace.workers.v1.AppendOutput")
AttemptOutput = _pool.message_class("millrace.workers.v1.AttemptOutput")
WorkerChunk = _pool.message_class("millrace.workers.v1.WorkerChunk")
SettleAttempts = _pool.message_class("millrace.workers.v1.SettleAttempts")
AttemptOutcome = _pool.message_class("millrace.workers.v1.AttemptOutcome")
Waiting = _pool.message_class("millrace.workers.v1.Waiting")
Completed = _pool.message_class("millrace.workers.v1.Completed")
Failed = _pool.message_class("millrace.workers.v1.Failed")
ProviderFeedback = _pool.message_class("millrace.workers.v1.ProviderFeedback")
Stopped = _pool.message_class("millrace.workers.v1.Stopped")
HandedBack = _pool.message_class("millrace.workers.v1.HandedBack")
Draining = _pool.message_class("millrace.workers.v1.Draining")
Goodbye = _pool.message_class("millrace.workers.v1.Goodbye")
WorkResponse = _pool.message_class("millrace.workers.v1.WorkResponse")
Welcome = _pool.message_class("millrace.workers.v1.Welcome")
LeaseStatus = _pool.message_class("millrace.workers.v1.LeaseStatus")
Assignments = _pool.message_class("millrace.workers.v1.Assignments")
Assignment = _pool.message_class("millrace.workers.v1.Assignment")
HeartbeatAck = _pool.message_class("millrace.workers.v1.HeartbeatAck")
OutputAcks = _pool.message_class("millrace.workers.v1.OutputAcks")
OutputAck = _pool.message_class("millrace.workers.v1.OutputAck")
SettleAcks = _pool.message_class("millrace.workers.v1.SettleAcks")
SettleAck = _pool.message_class("millrace.workers.v1.SettleAck")
StopAttempts = _pool.message_class("millrace.workers.v1.StopAttempts")
StopAttempt = _pool.message_class("millrace.workers.v1.StopAttempt")
Drain = _pool.message_class("millrace.workers.v1.Drain")
WriteStatus = _pool.enum_names("millrace.workers.v1.WriteStatus")
WRITE_STATUS_UNSPECIFIED = 0
WRITE_STATUS_STORED = 1
WRITE_STATUS_LEASE_LOST = 2
WRITE_STATUS_GAP = 3
WRITE_STATUS_FULL = 4
WRITE_STATUS_RETRY = 5
StopReason = _pool.enum_names("millrace.workers.v1.StopReason")
STOP_REASON_UNSPECIFIED = 0
STOP_REASON_CANCELLED = 1
STOP_REASON_DEADLINE = 2
STOP_REASON_LEASE_LOST = 3


class WorkerService:
    Work = _pool.StreamStream("/millrace.workers.v1.WorkerService/Work", "millrace.workers.v1.WorkRequest", "millrace.workers.v1.WorkResponse")
    FanOut = _pool.UnaryUnary("/millrace.workers.v1.WorkerService/FanOut", "millrace.workers.v1.FanOutRequest", "millrace.workers.v1.FanOutResponse")
    ReadChildren = _pool.UnaryUnary("/millrace.workers.v1.WorkerService/ReadChildren", "millrace.workers.v1.ReadChildrenRequest", "millrace.workers.v1.ReadChildrenResponse")
    SaveCheckpoint = _pool.UnaryUnary("/millrace.workers.v1.WorkerService/SaveCheckpoint", "millrace.workers.v1.SaveCheckpointRequest", "millrace.workers.v1.SaveCheckpointResponse")
    GetDocument = _pool.UnaryUnary("/millrace.workers.v1.WorkerService/GetDocument", "millrace.workers.v1.GetDocumentRequest", "millrace.workers.v1.GetDocumentResponse")
    DownloadDocument = _pool.UnaryStream("/millrace.workers.v1.WorkerService/DownloadDocument", "millrace.workers.v1.DownloadDocumentRequest", "millrace.workers.v1.DownloadDocumentResponse")

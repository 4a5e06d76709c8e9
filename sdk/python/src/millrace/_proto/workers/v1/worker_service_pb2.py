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
    "b2N1bWVudElkIrkBChRTdG9yZURvY3VtZW50UmVxdWVzdBJCCgZoZWFkZXIYASABKAsyKC5taWxscmFjZS53b3Jr"
    "ZXJzLnYxLlN0b3JlRG9jdW1lbnRIZWFkZXJIAFIGaGVhZGVyEhoKB2NvbnRlbnQYAiABKAxIAFIHY29udGVudBI5"
    "CgNlbmQYAyABKAsyJS5taWxscmFjZS53b3JrZXJzLnYxLlN0b3JlRG9jdW1lbnRFbmRIAFIDZW5kQgYKBHBhcnQi"
    "1gEKE1N0b3JlRG9jdW1lbnRIZWFkZXISMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNl"
    "UmVmUgVsZWFzZRISCgRuYW1lGAIgASgJUgRuYW1lEiEKDGNvbnRlbnRfdHlwZRgDIAEoCVILY29udGVudFR5cGUS"
    "GAoHcHVycG9zZRgEIAEoCVIHcHVycG9zZRI5CgpleHBpcmVzX2F0GAUgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRp"
    "bWVzdGFtcFIJZXhwaXJlc0F0IhIKEFN0b3JlRG9jdW1lbnRFbmQicAoVU3RvcmVEb2N1bWVudFJlc3BvbnNlEjsK"
    "CGRvY3VtZW50GAEgASgLMh8ubWlsbHJhY2UuZG9jdW1lbnRzLnYxLkRvY3VtZW50Ughkb2N1bWVudBIaCghleGlz"
    "dGluZxgCIAEoCFIIZXhpc3RpbmcifQoYRG93bmxvYWREb2N1bWVudFJlc3BvbnNlEj0KCGRvY3VtZW50GAEgASgL"
    "Mh8ubWlsbHJhY2UuZG9jdW1lbnRzLnYxLkRvY3VtZW50SABSCGRvY3VtZW50EhoKB2NvbnRlbnQYAiABKAxIAFIH"
    "Y29udGVudEIGCgRwYXJ0ItECCg1GYW5PdXRSZXF1ZXN0EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vy"
    "cy52MS5MZWFzZVJlZlIFbGVhc2USGAoHb3JkaW5hbBgCIAEoDVIHb3JkaW5hbBIfCgtwbGFuX3NoYTI1NhgDIAEo"
    "DFIKcGxhblNoYTI1NhIvCgRydWxlGAQgASgLMhsubWlsbHJhY2Uuam9icy52MS5Hcm91cFJ1bGVSBHJ1bGUSIgoN"
    "bWF4X2luX2ZsaWdodBgFIAEoDVILbWF4SW5GbGlnaHQSIwoNa2VlcF9zaWJsaW5ncxgGIAEoCFIMa2VlcFNpYmxp"
    "bmdzEh8KC2ZpcnN0X2luZGV4GAcgASgNUgpmaXJzdEluZGV4EjUKCGNoaWxkcmVuGAggAygLMhkubWlsbHJhY2Uu"
    "am9icy52MS5Kb2JTcGVjUghjaGlsZHJlbiI/Cg5GYW5PdXRSZXNwb25zZRItCgVncm91cBgBIAEoCzIXLm1pbGxy"
    "YWNlLmpvYnMudjEuR3JvdXBSBWdyb3VwIqoBChNSZWFkQ2hpbGRyZW5SZXF1ZXN0EjMKBWxlYXNlGAEgASgLMh0u"
    "bWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USGAoHb3JkaW5hbBgCIAEoDVIHb3JkaW5hbBIfCgth"
    "ZnRlcl9pbmRleBgDIAEoDVIKYWZ0ZXJJbmRleBIjCg13aG9sZV9yZXN1bHRzGAQgASgIUgx3aG9sZVJlc3VsdHMi"
    "kwEKFFJlYWRDaGlsZHJlblJlc3BvbnNlEi0KBWdyb3VwGAEgASgLMhcubWlsbHJhY2Uuam9icy52MS5Hcm91cFIF"
    "Z3JvdXASOAoIY2hpbGRyZW4YAiADKAsyHC5taWxscmFjZS5qb2JzLnYxLkdyb3VwQ2hpbGRSCGNoaWxkcmVuEhIK"
    "BG1vcmUYAyABKAhSBG1vcmUidQoVU2F2ZUNoZWNrcG9pbnRSZXF1ZXN0EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJh"
    "Y2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USJwoPY2hlY2twb2ludF9qc29uGAIgASgJUg5jaGVja3BvaW50"
    "SnNvbiIYChZTYXZlQ2hlY2twb2ludFJlc3BvbnNlIrYDCgtXb3JrUmVxdWVzdBIyCgVoZWxsbxgBIAEoCzIaLm1p"
    "bGxyYWNlLndvcmtlcnMudjEuSGVsbG9IAFIFaGVsbG8SNQoGY3JlZGl0GAIgASgLMhsubWlsbHJhY2Uud29ya2Vy"
    "cy52MS5DcmVkaXRIAFIGY3JlZGl0Ej4KCWhlYXJ0YmVhdBgDIAEoCzIeLm1pbGxyYWNlLndvcmtlcnMudjEuSGVh"
    "cnRiZWF0SABSCWhlYXJ0YmVhdBI7CgZvdXRwdXQYBCABKAsyIS5taWxscmFjZS53b3JrZXJzLnYxLkFwcGVuZE91"
    "dHB1dEgAUgZvdXRwdXQSPQoGc2V0dGxlGAUgASgLMiMubWlsbHJhY2Uud29ya2Vycy52MS5TZXR0bGVBdHRlbXB0"
    "c0gAUgZzZXR0bGUSOwoIZHJhaW5pbmcYBiABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkRyYWluaW5nSABSCGRy"
    "YWluaW5nEjgKB2dvb2RieWUYByABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLkdvb2RieWVIAFIHZ29vZGJ5ZUIJ"
    "CgdtZXNzYWdlIpoCCgVIZWxsbxIbCgl3b3JrZXJfaWQYASABKAlSCHdvcmtlcklkEhYKBnF1ZXVlcxgCIAMoCVIG"
    "cXVldWVzEhQKBXBvb2xzGAMgAygJUgVwb29scxIUCgV0eXBlcxgEIAMoCVIFdHlwZXMSFgoGY3JlZGl0GAUgASgN"
    "UgZjcmVkaXQSNQoGbGVhc2VzGAYgAygLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIGbGVhc2VzEhAK"
    "A3NkaxgHIAEoCVIDc2RrEh8KC2d1ZXN0X3Nsb3RzGAggASgNUgpndWVzdFNsb3RzEhQKBXNsb3RzGAkgASgNUgVz"
    "bG90cxIYCgd2ZXJzaW9uGAogASgJUgd2ZXJzaW9uIkYKCExlYXNlUmVmEhUKBmpvYl9pZBgBIAEoCVIFam9iSWQS"
    "IwoNZmVuY2luZ190b2tlbhgCIAEoBFIMZmVuY2luZ1Rva2VuIh4KBkNyZWRpdBIUCgVzbG90cxgBIAEoDVIFc2xv"
    "dHMiQgoJSGVhcnRiZWF0EjUKBmxlYXNlcxgBIAMoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBmxl"
    "YXNlcyJOCgxBcHBlbmRPdXRwdXQSPgoIYXR0ZW1wdHMYASADKAsyIi5taWxscmFjZS53b3JrZXJzLnYxLkF0dGVt"
    "cHRPdXRwdXRSCGF0dGVtcHRzIqUBCg1BdHRlbXB0T3V0cHV0EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29y"
    "a2Vycy52MS5MZWFzZVJlZlIFbGVhc2USJQoOZmlyc3Rfc2VxdWVuY2UYAiABKA1SDWZpcnN0U2VxdWVuY2USOAoG"
    "Y2h1bmtzGAMgAygLMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xb3JrZXJDaHVua1IGY2h1bmtzIn4KC1dvcmtlckNo"
    "dW5rEhQKBHRleHQYASABKAlIAFIEdGV4dBIUCgRkYXRhGAIgASgMSABSBGRhdGESOAoIcHJvZ3Jlc3MYAyABKAsy"
    "Gi5taWxscmFjZS5qb2JzLnYxLlByb2dyZXNzSABSCHByb2dyZXNzQgkKB2NvbnRlbnQiUQoOU2V0dGxlQXR0ZW1w"
    "dHMSPwoIb3V0Y29tZXMYASADKAsyIy5taWxscmFjZS53b3JrZXJzLnYxLkF0dGVtcHRPdXRjb21lUghvdXRjb21l"
    "cyKuAwoOQXR0ZW1wdE91dGNvbWUSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVm"
    "UgVsZWFzZRI+Cgljb21wbGV0ZWQYAiABKAsyHi5taWxscmFjZS53b3JrZXJzLnYxLkNvbXBsZXRlZEgAUgljb21w"
    "bGV0ZWQSNQoGZmFpbGVkGAMgASgLMhsubWlsbHJhY2Uud29ya2Vycy52MS5GYWlsZWRIAFIGZmFpbGVkEjgKB3N0"
    "b3BwZWQYBCABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BwZWRIAFIHc3RvcHBlZBJCCgtoYW5kZWRfYmFj"
    "axgFIAEoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEuSGFuZGVkQmFja0gAUgpoYW5kZWRCYWNrEjgKB3dhaXRpbmcY"
    "ByABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLldhaXRpbmdIAFIHd2FpdGluZxItCgV1c2FnZRgGIAEoCzIXLm1p"
    "bGxyYWNlLmpvYnMudjEuVXNhZ2VSBXVzYWdlQgkKB291dGNvbWUiJQoHV2FpdGluZxIaCghjaGlsZHJlbhgBIAEo"
    "DVIIY2hpbGRyZW4iLAoJQ29tcGxldGVkEh8KC3Jlc3VsdF9qc29uGAEgASgJUgpyZXN1bHRKc29uIr8BCgZGYWls"
    "ZWQSNgoHZmFpbHVyZRgBIAEoCzIcLm1pbGxyYWNlLmpvYnMudjEuSm9iRmFpbHVyZVIHZmFpbHVyZRI6CgtyZXRy"
    "eV9hZnRlchgCIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIKcmV0cnlBZnRlchJBCghwcm92aWRlchgD"
    "IAEoCzIlLm1pbGxyYWNlLndvcmtlcnMudjEuUHJvdmlkZXJGZWVkYmFja1IIcHJvdmlkZXIipgIKEFByb3ZpZGVy"
    "RmVlZGJhY2sSGAoHYWNjb3VudBgBIAEoCVIHYWNjb3VudBIfCgtodHRwX3N0YXR1cxgCIAEoDVIKaHR0cFN0YXR1"
    "cxInCg9xdW90YV9leGhhdXN0ZWQYAyABKAhSDnF1b3RhRXhoYXVzdGVkEmkKEnJhdGVfbGltaXRfaGVhZGVycxgE"
    "IAMoCzI7Lm1pbGxyYWNlLndvcmtlcnMudjEuUHJvdmlkZXJGZWVkYmFjay5SYXRlTGltaXRIZWFkZXJzRW50cnlS"
    "EHJhdGVMaW1pdEhlYWRlcnMaQwoVUmF0ZUxpbWl0SGVhZGVyc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZh"
    "bHVlGAIgASgJUgV2YWx1ZToCOAEiCQoHU3RvcHBlZCIkCgpIYW5kZWRCYWNrEhYKBnJlYXNvbhgBIAEoCVIGcmVh"
    "c29uIgoKCERyYWluaW5nIgkKB0dvb2RieWUi2AMKDFdvcmtSZXNwb25zZRI4Cgd3ZWxjb21lGAEgASgLMhwubWls"
    "bHJhY2Uud29ya2Vycy52MS5XZWxjb21lSABSB3dlbGNvbWUSRAoLYXNzaWdubWVudHMYAiABKAsyIC5taWxscmFj"
    "ZS53b3JrZXJzLnYxLkFzc2lnbm1lbnRzSABSC2Fzc2lnbm1lbnRzEkgKDWhlYXJ0YmVhdF9hY2sYAyABKAsyIS5t"
    "aWxscmFjZS53b3JrZXJzLnYxLkhlYXJ0YmVhdEFja0gAUgxoZWFydGJlYXRBY2sSQgoLb3V0cHV0X2Fja3MYBCAB"
    "KAsyHy5taWxscmFjZS53b3JrZXJzLnYxLk91dHB1dEFja3NIAFIKb3V0cHV0QWNrcxJCCgtzZXR0bGVfYWNrcxgF"
    "IAEoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEuU2V0dGxlQWNrc0gAUgpzZXR0bGVBY2tzEjcKBHN0b3AYBiABKAsy"
    "IS5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BBdHRlbXB0c0gAUgRzdG9wEjIKBWRyYWluGAcgASgLMhoubWlsbHJh"
    "Y2Uud29ya2Vycy52MS5EcmFpbkgAUgVkcmFpbkIJCgdtZXNzYWdlIvwCCgdXZWxjb21lEiEKDHNjaGVkdWxlcl9p"
    "ZBgBIAEoCVILc2NoZWR1bGVySWQSQAoObGVhc2VfZHVyYXRpb24YAiABKAsyGS5nb29nbGUucHJvdG9idWYuRHVy"
    "YXRpb25SDWxlYXNlRHVyYXRpb24SSAoSaGVhcnRiZWF0X2ludGVydmFsGAMgASgLMhkuZ29vZ2xlLnByb3RvYnVm"
    "LkR1cmF0aW9uUhFoZWFydGJlYXRJbnRlcnZhbBI4CgpzdG9wX2dyYWNlGAQgASgLMhkuZ29vZ2xlLnByb3RvYnVm"
    "LkR1cmF0aW9uUglzdG9wR3JhY2USOAoGbGVhc2VzGAUgAygLMiAubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVN0"
    "YXR1c1IGbGVhc2VzEikKEHVuZGVmaW5lZF9xdWV1ZXMYBiADKAlSD3VuZGVmaW5lZFF1ZXVlcxIjCg11bmtub3du"
    "X3Bvb2xzGAcgAygJUgx1bmtub3duUG9vbHMipgEKC0xlYXNlU3RhdHVzEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJh"
    "Y2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USEgoEaGVsZBgCIAEoCFIEaGVsZBIjCg1uZXh0X3NlcXVlbmNl"
    "GAMgASgNUgxuZXh0U2VxdWVuY2USKQoQY2FuY2VsX3JlcXVlc3RlZBgEIAEoCFIPY2FuY2VsUmVxdWVzdGVkIlAK"
    "C0Fzc2lnbm1lbnRzEkEKC2Fzc2lnbm1lbnRzGAEgAygLMh8ubWlsbHJhY2Uud29ya2Vycy52MS5Bc3NpZ25tZW50"
    "Ugthc3NpZ25tZW50cyKvBgoKQXNzaWdubWVudBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEu"
    "TGVhc2VSZWZSBWxlYXNlEhQKBXF1ZXVlGAIgASgJUgVxdWV1ZRISCgR0eXBlGAMgASgJUgR0eXBlEhgKB2F0dGVt"
    "cHQYBCABKA1SB2F0dGVtcHQSIQoMbWF4X2F0dGVtcHRzGAUgASgNUgttYXhBdHRlbXB0cxIhCgxwYXlsb2FkX2pz"
    "b24YBiABKAlSC3BheWxvYWRKc29uEiEKDGRvY3VtZW50X2lkcxgHIAMoCVILZG9jdW1lbnRJZHMSEgoEcG9vbBgI"
    "IAEoCVIEcG9vbBI2CghkZWFkbGluZRgJIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCGRlYWRsaW5l"
    "EkMKBmxhYmVscxgKIAMoCzIrLm1pbGxyYWNlLndvcmtlcnMudjEuQXNzaWdubWVudC5MYWJlbHNFbnRyeVIGbGFi"
    "ZWxzEiAKC3RyYWNlcGFyZW50GAsgASgJUgt0cmFjZXBhcmVudBIeCgp0cmFjZXN0YXRlGAwgASgJUgp0cmFjZXN0"
    "YXRlEhUKBmtleV9pZBgNIAEoCVIFa2V5SWQSGQoIZmFuX291dHMYDiABKA1SB2Zhbk91dHMSLAoSZmluYWxpemVz"
    "X2dyb3VwX2lkGA8gASgJUhBmaW5hbGl6ZXNHcm91cElkEicKD2NoZWNrcG9pbnRfanNvbhgQIAEoCVIOY2hlY2tw"
    "b2ludEpzb24SHwoLc2NoZWR1bGVfaWQYESABKAlSCnNjaGVkdWxlSWQSRgoRc2NoZWR1bGVfZHVlX3RpbWUYEiAB"
    "KAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUg9zY2hlZHVsZUR1ZVRpbWUSGAoHYWNjb3VudBgTIAEoCVIH"
    "YWNjb3VudBIlCg5wcm92aWRlcl9tb2RlbBgUIAEoCVINcHJvdmlkZXJNb2RlbBo5CgtMYWJlbHNFbnRyeRIQCgNr"
    "ZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBIkEKDEhlYXJ0YmVhdEFjaxIxCgRsb3N0GAEg"
    "AygLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIEbG9zdCJACgpPdXRwdXRBY2tzEjIKBGFja3MYASAD"
    "KAsyHi5taWxscmFjZS53b3JrZXJzLnYxLk91dHB1dEFja1IEYWNrcyKfAQoJT3V0cHV0QWNrEjMKBWxlYXNlGAEg"
    "ASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USOAoGc3RhdHVzGAIgASgOMiAubWlsbHJh"
    "Y2Uud29ya2Vycy52MS5Xcml0ZVN0YXR1c1IGc3RhdHVzEiMKDW5leHRfc2VxdWVuY2UYAyABKA1SDG5leHRTZXF1"
    "ZW5jZSJACgpTZXR0bGVBY2tzEjIKBGFja3MYASADKAsyHi5taWxscmFjZS53b3JrZXJzLnYxLlNldHRsZUFja1IE"
    "YWNrcyLGAQoJU2V0dGxlQWNrEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIF"
    "bGVhc2USOAoGc3RhdHVzGAIgASgOMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xcml0ZVN0YXR1c1IGc3RhdHVzEjAK"
    "BXN0YXRlGAMgASgOMhoubWlsbHJhY2Uuam9icy52MS5Kb2JTdGF0ZVIFc3RhdGUSGAoHYm91bmNlZBgEIAEoCFIH"
    "Ym91bmNlZCJMCgxTdG9wQXR0ZW1wdHMSPAoIYXR0ZW1wdHMYASADKAsyIC5taWxscmFjZS53b3JrZXJzLnYxLlN0"
    "b3BBdHRlbXB0UghhdHRlbXB0cyJ7CgtTdG9wQXR0ZW1wdBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtl"
    "cnMudjEuTGVhc2VSZWZSBWxlYXNlEjcKBnJlYXNvbhgCIAEoDjIfLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcFJl"
    "YXNvblIGcmVhc29uIgcKBURyYWluKqYBCgtXcml0ZVN0YXR1cxIcChhXUklURV9TVEFUVVNfVU5TUEVDSUZJRUQQ"
    "ABIXChNXUklURV9TVEFUVVNfU1RPUkVEEAESGwoXV1JJVEVfU1RBVFVTX0xFQVNFX0xPU1QQAhIUChBXUklURV9T"
    "VEFUVVNfR0FQEAMSFQoRV1JJVEVfU1RBVFVTX0ZVTEwQBBIWChJXUklURV9TVEFUVVNfUkVUUlkQBSp6CgpTdG9w"
    "UmVhc29uEhsKF1NUT1BfUkVBU09OX1VOU1BFQ0lGSUVEEAASGQoVU1RPUF9SRUFTT05fQ0FOQ0VMTEVEEAESGAoU"
    "U1RPUF9SRUFTT05fREVBRExJTkUQAhIaChZTVE9QX1JFQVNPTl9MRUFTRV9MT1NUEAMywgUKDVdvcmtlclNlcnZp"
    "Y2USTwoEV29yaxIgLm1pbGxyYWNlLndvcmtlcnMudjEuV29ya1JlcXVlc3QaIS5taWxscmFjZS53b3JrZXJzLnYx"
    "LldvcmtSZXNwb25zZSgBMAESUQoGRmFuT3V0EiIubWlsbHJhY2Uud29ya2Vycy52MS5GYW5PdXRSZXF1ZXN0GiMu"
    "bWlsbHJhY2Uud29ya2Vycy52MS5GYW5PdXRSZXNwb25zZRJjCgxSZWFkQ2hpbGRyZW4SKC5taWxscmFjZS53b3Jr"
    "ZXJzLnYxLlJlYWRDaGlsZHJlblJlcXVlc3QaKS5taWxscmFjZS53b3JrZXJzLnYxLlJlYWRDaGlsZHJlblJlc3Bv"
    "bnNlEmkKDlNhdmVDaGVja3BvaW50EioubWlsbHJhY2Uud29ya2Vycy52MS5TYXZlQ2hlY2twb2ludFJlcXVlc3Qa"
    "Ky5taWxscmFjZS53b3JrZXJzLnYxLlNhdmVDaGVja3BvaW50UmVzcG9uc2USYAoLR2V0RG9jdW1lbnQSJy5taWxs"
    "cmFjZS53b3JrZXJzLnYxLkdldERvY3VtZW50UmVxdWVzdBooLm1pbGxyYWNlLndvcmtlcnMudjEuR2V0RG9jdW1l"
    "bnRSZXNwb25zZRJxChBEb3dubG9hZERvY3VtZW50EiwubWlsbHJhY2Uud29ya2Vycy52MS5Eb3dubG9hZERvY3Vt"
    "ZW50UmVxdWVzdBotLm1pbGxyYWNlLndvcmtlcnMudjEuRG93bmxvYWREb2N1bWVudFJlc3BvbnNlMAESaAoNU3Rv"
    "cmVEb2N1bWVudBIpLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcmVEb2N1bWVudFJlcXVlc3QaKi5taWxscmFjZS53"
    "b3JrZXJzLnYxLlN0b3JlRG9jdW1lbnRSZXNwb25zZSgBYgZwcm90bzM="
)

GetDocumentRequest = _pool.message_class("millrace.workers.v1.GetDocumentRequest")
GetDocumentResponse = _pool.message_class("millrace.workers.v1.GetDocumentResponse")
DownloadDocumentRequest = _pool.message_class("millrace.workers.v1.DownloadDocumentRequest")
StoreDocumentRequest = _pool.message_class("millrace.workers.v1.StoreDocumentRequest")
StoreDocumentHeader = _pool.message_class("millrace.workers.v1.StoreDocumentHeader")
StoreDocumentEnd = _pool.message_class("millrace.workers.v1.StoreDocumentEnd")
StoreDocumentResponse = _pool.message_class("millrace.workers.v1.StoreDocumentResponse")
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
    StoreDocument = _pool.StreamUnary("/millrace.workers.v1.WorkerService/StoreDocument", "millrace.workers.v1.StoreDocumentRequest", "millrace.workers.v1.StoreDocumentResponse")

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
    "gQEKE1N0b3JlRG9jdW1lbnRIZWFkZXISMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNl"
    "UmVmUgVsZWFzZRISCgRuYW1lGAIgASgJUgRuYW1lEiEKDGNvbnRlbnRfdHlwZRgDIAEoCVILY29udGVudFR5cGUi"
    "EgoQU3RvcmVEb2N1bWVudEVuZCJwChVTdG9yZURvY3VtZW50UmVzcG9uc2USOwoIZG9jdW1lbnQYASABKAsyHy5t"
    "aWxscmFjZS5kb2N1bWVudHMudjEuRG9jdW1lbnRSCGRvY3VtZW50EhoKCGV4aXN0aW5nGAIgASgIUghleGlzdGlu"
    "ZyJ9ChhEb3dubG9hZERvY3VtZW50UmVzcG9uc2USPQoIZG9jdW1lbnQYASABKAsyHy5taWxscmFjZS5kb2N1bWVu"
    "dHMudjEuRG9jdW1lbnRIAFIIZG9jdW1lbnQSGgoHY29udGVudBgCIAEoDEgAUgdjb250ZW50QgYKBHBhcnQi0QIK"
    "DUZhbk91dFJlcXVlc3QSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFz"
    "ZRIYCgdvcmRpbmFsGAIgASgNUgdvcmRpbmFsEh8KC3BsYW5fc2hhMjU2GAMgASgMUgpwbGFuU2hhMjU2Ei8KBHJ1"
    "bGUYBCABKAsyGy5taWxscmFjZS5qb2JzLnYxLkdyb3VwUnVsZVIEcnVsZRIiCg1tYXhfaW5fZmxpZ2h0GAUgASgN"
    "UgttYXhJbkZsaWdodBIjCg1rZWVwX3NpYmxpbmdzGAYgASgIUgxrZWVwU2libGluZ3MSHwoLZmlyc3RfaW5kZXgY"
    "ByABKA1SCmZpcnN0SW5kZXgSNQoIY2hpbGRyZW4YCCADKAsyGS5taWxscmFjZS5qb2JzLnYxLkpvYlNwZWNSCGNo"
    "aWxkcmVuIj8KDkZhbk91dFJlc3BvbnNlEi0KBWdyb3VwGAEgASgLMhcubWlsbHJhY2Uuam9icy52MS5Hcm91cFIF"
    "Z3JvdXAihQEKE1JlYWRDaGlsZHJlblJlcXVlc3QSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYx"
    "LkxlYXNlUmVmUgVsZWFzZRIYCgdvcmRpbmFsGAIgASgNUgdvcmRpbmFsEh8KC2FmdGVyX2luZGV4GAMgASgNUgph"
    "ZnRlckluZGV4IpMBChRSZWFkQ2hpbGRyZW5SZXNwb25zZRItCgVncm91cBgBIAEoCzIXLm1pbGxyYWNlLmpvYnMu"
    "djEuR3JvdXBSBWdyb3VwEjgKCGNoaWxkcmVuGAIgAygLMhwubWlsbHJhY2Uuam9icy52MS5Hcm91cENoaWxkUghj"
    "aGlsZHJlbhISCgRtb3JlGAMgASgIUgRtb3JlInUKFVNhdmVDaGVja3BvaW50UmVxdWVzdBIzCgVsZWFzZRgBIAEo"
    "CzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEicKD2NoZWNrcG9pbnRfanNvbhgCIAEoCVIO"
    "Y2hlY2twb2ludEpzb24iGAoWU2F2ZUNoZWNrcG9pbnRSZXNwb25zZSK2AwoLV29ya1JlcXVlc3QSMgoFaGVsbG8Y"
    "ASABKAsyGi5taWxscmFjZS53b3JrZXJzLnYxLkhlbGxvSABSBWhlbGxvEjUKBmNyZWRpdBgCIAEoCzIbLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuQ3JlZGl0SABSBmNyZWRpdBI+CgloZWFydGJlYXQYAyABKAsyHi5taWxscmFjZS53b3Jr"
    "ZXJzLnYxLkhlYXJ0YmVhdEgAUgloZWFydGJlYXQSOwoGb3V0cHV0GAQgASgLMiEubWlsbHJhY2Uud29ya2Vycy52"
    "MS5BcHBlbmRPdXRwdXRIAFIGb3V0cHV0Ej0KBnNldHRsZRgFIAEoCzIjLm1pbGxyYWNlLndvcmtlcnMudjEuU2V0"
    "dGxlQXR0ZW1wdHNIAFIGc2V0dGxlEjsKCGRyYWluaW5nGAYgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5EcmFp"
    "bmluZ0gAUghkcmFpbmluZxI4Cgdnb29kYnllGAcgASgLMhwubWlsbHJhY2Uud29ya2Vycy52MS5Hb29kYnllSABS"
    "B2dvb2RieWVCCQoHbWVzc2FnZSKaAgoFSGVsbG8SGwoJd29ya2VyX2lkGAEgASgJUgh3b3JrZXJJZBIWCgZxdWV1"
    "ZXMYAiADKAlSBnF1ZXVlcxIUCgVwb29scxgDIAMoCVIFcG9vbHMSFAoFdHlwZXMYBCADKAlSBXR5cGVzEhYKBmNy"
    "ZWRpdBgFIAEoDVIGY3JlZGl0EjUKBmxlYXNlcxgGIAMoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZS"
    "BmxlYXNlcxIQCgNzZGsYByABKAlSA3NkaxIfCgtndWVzdF9zbG90cxgIIAEoDVIKZ3Vlc3RTbG90cxIUCgVzbG90"
    "cxgJIAEoDVIFc2xvdHMSGAoHdmVyc2lvbhgKIAEoCVIHdmVyc2lvbiJGCghMZWFzZVJlZhIVCgZqb2JfaWQYASAB"
    "KAlSBWpvYklkEiMKDWZlbmNpbmdfdG9rZW4YAiABKARSDGZlbmNpbmdUb2tlbiIeCgZDcmVkaXQSFAoFc2xvdHMY"
    "ASABKA1SBXNsb3RzIkIKCUhlYXJ0YmVhdBI1CgZsZWFzZXMYASADKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxl"
    "YXNlUmVmUgZsZWFzZXMiTgoMQXBwZW5kT3V0cHV0Ej4KCGF0dGVtcHRzGAEgAygLMiIubWlsbHJhY2Uud29ya2Vy"
    "cy52MS5BdHRlbXB0T3V0cHV0UghhdHRlbXB0cyKlAQoNQXR0ZW1wdE91dHB1dBIzCgVsZWFzZRgBIAEoCzIdLm1p"
    "bGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEiUKDmZpcnN0X3NlcXVlbmNlGAIgASgNUg1maXJzdFNl"
    "cXVlbmNlEjgKBmNodW5rcxgDIAMoCzIgLm1pbGxyYWNlLndvcmtlcnMudjEuV29ya2VyQ2h1bmtSBmNodW5rcyJ+"
    "CgtXb3JrZXJDaHVuaxIUCgR0ZXh0GAEgASgJSABSBHRleHQSFAoEZGF0YRgCIAEoDEgAUgRkYXRhEjgKCHByb2dy"
    "ZXNzGAMgASgLMhoubWlsbHJhY2Uuam9icy52MS5Qcm9ncmVzc0gAUghwcm9ncmVzc0IJCgdjb250ZW50IlEKDlNl"
    "dHRsZUF0dGVtcHRzEj8KCG91dGNvbWVzGAEgAygLMiMubWlsbHJhY2Uud29ya2Vycy52MS5BdHRlbXB0T3V0Y29t"
    "ZVIIb3V0Y29tZXMirgMKDkF0dGVtcHRPdXRjb21lEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52"
    "MS5MZWFzZVJlZlIFbGVhc2USPgoJY29tcGxldGVkGAIgASgLMh4ubWlsbHJhY2Uud29ya2Vycy52MS5Db21wbGV0"
    "ZWRIAFIJY29tcGxldGVkEjUKBmZhaWxlZBgDIAEoCzIbLm1pbGxyYWNlLndvcmtlcnMudjEuRmFpbGVkSABSBmZh"
    "aWxlZBI4CgdzdG9wcGVkGAQgASgLMhwubWlsbHJhY2Uud29ya2Vycy52MS5TdG9wcGVkSABSB3N0b3BwZWQSQgoL"
    "aGFuZGVkX2JhY2sYBSABKAsyHy5taWxscmFjZS53b3JrZXJzLnYxLkhhbmRlZEJhY2tIAFIKaGFuZGVkQmFjaxI4"
    "Cgd3YWl0aW5nGAcgASgLMhwubWlsbHJhY2Uud29ya2Vycy52MS5XYWl0aW5nSABSB3dhaXRpbmcSLQoFdXNhZ2UY"
    "BiABKAsyFy5taWxscmFjZS5qb2JzLnYxLlVzYWdlUgV1c2FnZUIJCgdvdXRjb21lIiUKB1dhaXRpbmcSGgoIY2hp"
    "bGRyZW4YASABKA1SCGNoaWxkcmVuIiwKCUNvbXBsZXRlZBIfCgtyZXN1bHRfanNvbhgBIAEoCVIKcmVzdWx0SnNv"
    "biK/AQoGRmFpbGVkEjYKB2ZhaWx1cmUYASABKAsyHC5taWxscmFjZS5qb2JzLnYxLkpvYkZhaWx1cmVSB2ZhaWx1"
    "cmUSOgoLcmV0cnlfYWZ0ZXIYAiABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRpb25SCnJldHJ5QWZ0ZXISQQoI"
    "cHJvdmlkZXIYAyABKAsyJS5taWxscmFjZS53b3JrZXJzLnYxLlByb3ZpZGVyRmVlZGJhY2tSCHByb3ZpZGVyIqYC"
    "ChBQcm92aWRlckZlZWRiYWNrEhgKB2FjY291bnQYASABKAlSB2FjY291bnQSHwoLaHR0cF9zdGF0dXMYAiABKA1S"
    "Cmh0dHBTdGF0dXMSJwoPcXVvdGFfZXhoYXVzdGVkGAMgASgIUg5xdW90YUV4aGF1c3RlZBJpChJyYXRlX2xpbWl0"
    "X2hlYWRlcnMYBCADKAsyOy5taWxscmFjZS53b3JrZXJzLnYxLlByb3ZpZGVyRmVlZGJhY2suUmF0ZUxpbWl0SGVh"
    "ZGVyc0VudHJ5UhByYXRlTGltaXRIZWFkZXJzGkMKFVJhdGVMaW1pdEhlYWRlcnNFbnRyeRIQCgNrZXkYASABKAlS"
    "A2tleRIUCgV2YWx1ZRgCIAEoCVIFdmFsdWU6AjgBIgkKB1N0b3BwZWQiJAoKSGFuZGVkQmFjaxIWCgZyZWFzb24Y"
    "ASABKAlSBnJlYXNvbiIKCghEcmFpbmluZyIJCgdHb29kYnllItgDCgxXb3JrUmVzcG9uc2USOAoHd2VsY29tZRgB"
    "IAEoCzIcLm1pbGxyYWNlLndvcmtlcnMudjEuV2VsY29tZUgAUgd3ZWxjb21lEkQKC2Fzc2lnbm1lbnRzGAIgASgL"
    "MiAubWlsbHJhY2Uud29ya2Vycy52MS5Bc3NpZ25tZW50c0gAUgthc3NpZ25tZW50cxJICg1oZWFydGJlYXRfYWNr"
    "GAMgASgLMiEubWlsbHJhY2Uud29ya2Vycy52MS5IZWFydGJlYXRBY2tIAFIMaGVhcnRiZWF0QWNrEkIKC291dHB1"
    "dF9hY2tzGAQgASgLMh8ubWlsbHJhY2Uud29ya2Vycy52MS5PdXRwdXRBY2tzSABSCm91dHB1dEFja3MSQgoLc2V0"
    "dGxlX2Fja3MYBSABKAsyHy5taWxscmFjZS53b3JrZXJzLnYxLlNldHRsZUFja3NIAFIKc2V0dGxlQWNrcxI3CgRz"
    "dG9wGAYgASgLMiEubWlsbHJhY2Uud29ya2Vycy52MS5TdG9wQXR0ZW1wdHNIAFIEc3RvcBIyCgVkcmFpbhgHIAEo"
    "CzIaLm1pbGxyYWNlLndvcmtlcnMudjEuRHJhaW5IAFIFZHJhaW5CCQoHbWVzc2FnZSLXAgoHV2VsY29tZRIhCgxz"
    "Y2hlZHVsZXJfaWQYASABKAlSC3NjaGVkdWxlcklkEkAKDmxlYXNlX2R1cmF0aW9uGAIgASgLMhkuZ29vZ2xlLnBy"
    "b3RvYnVmLkR1cmF0aW9uUg1sZWFzZUR1cmF0aW9uEkgKEmhlYXJ0YmVhdF9pbnRlcnZhbBgDIAEoCzIZLmdvb2ds"
    "ZS5wcm90b2J1Zi5EdXJhdGlvblIRaGVhcnRiZWF0SW50ZXJ2YWwSOAoKc3RvcF9ncmFjZRgEIAEoCzIZLmdvb2ds"
    "ZS5wcm90b2J1Zi5EdXJhdGlvblIJc3RvcEdyYWNlEjgKBmxlYXNlcxgFIAMoCzIgLm1pbGxyYWNlLndvcmtlcnMu"
    "djEuTGVhc2VTdGF0dXNSBmxlYXNlcxIpChB1bmRlZmluZWRfcXVldWVzGAYgAygJUg91bmRlZmluZWRRdWV1ZXMi"
    "pgEKC0xlYXNlU3RhdHVzEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVh"
    "c2USEgoEaGVsZBgCIAEoCFIEaGVsZBIjCg1uZXh0X3NlcXVlbmNlGAMgASgNUgxuZXh0U2VxdWVuY2USKQoQY2Fu"
    "Y2VsX3JlcXVlc3RlZBgEIAEoCFIPY2FuY2VsUmVxdWVzdGVkIlAKC0Fzc2lnbm1lbnRzEkEKC2Fzc2lnbm1lbnRz"
    "GAEgAygLMh8ubWlsbHJhY2Uud29ya2Vycy52MS5Bc3NpZ25tZW50Ugthc3NpZ25tZW50cyKvBgoKQXNzaWdubWVu"
    "dBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEhQKBXF1ZXVlGAIg"
    "ASgJUgVxdWV1ZRISCgR0eXBlGAMgASgJUgR0eXBlEhgKB2F0dGVtcHQYBCABKA1SB2F0dGVtcHQSIQoMbWF4X2F0"
    "dGVtcHRzGAUgASgNUgttYXhBdHRlbXB0cxIhCgxwYXlsb2FkX2pzb24YBiABKAlSC3BheWxvYWRKc29uEiEKDGRv"
    "Y3VtZW50X2lkcxgHIAMoCVILZG9jdW1lbnRJZHMSEgoEcG9vbBgIIAEoCVIEcG9vbBI2CghkZWFkbGluZRgJIAEo"
    "CzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCGRlYWRsaW5lEkMKBmxhYmVscxgKIAMoCzIrLm1pbGxyYWNl"
    "LndvcmtlcnMudjEuQXNzaWdubWVudC5MYWJlbHNFbnRyeVIGbGFiZWxzEiAKC3RyYWNlcGFyZW50GAsgASgJUgt0"
    "cmFjZXBhcmVudBIeCgp0cmFjZXN0YXRlGAwgASgJUgp0cmFjZXN0YXRlEhUKBmtleV9pZBgNIAEoCVIFa2V5SWQS"
    "GQoIZmFuX291dHMYDiABKA1SB2Zhbk91dHMSLAoSZmluYWxpemVzX2dyb3VwX2lkGA8gASgJUhBmaW5hbGl6ZXNH"
    "cm91cElkEicKD2NoZWNrcG9pbnRfanNvbhgQIAEoCVIOY2hlY2twb2ludEpzb24SHwoLc2NoZWR1bGVfaWQYESAB"
    "KAlSCnNjaGVkdWxlSWQSRgoRc2NoZWR1bGVfZHVlX3RpbWUYEiABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0"
    "YW1wUg9zY2hlZHVsZUR1ZVRpbWUSGAoHYWNjb3VudBgTIAEoCVIHYWNjb3VudBIlCg5wcm92aWRlcl9tb2RlbBgU"
    "IAEoCVINcHJvdmlkZXJNb2RlbBo5CgtMYWJlbHNFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEo"
    "CVIFdmFsdWU6AjgBIkEKDEhlYXJ0YmVhdEFjaxIxCgRsb3N0GAEgAygLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5M"
    "ZWFzZVJlZlIEbG9zdCJACgpPdXRwdXRBY2tzEjIKBGFja3MYASADKAsyHi5taWxscmFjZS53b3JrZXJzLnYxLk91"
    "dHB1dEFja1IEYWNrcyKfAQoJT3V0cHV0QWNrEjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5M"
    "ZWFzZVJlZlIFbGVhc2USOAoGc3RhdHVzGAIgASgOMiAubWlsbHJhY2Uud29ya2Vycy52MS5Xcml0ZVN0YXR1c1IG"
    "c3RhdHVzEiMKDW5leHRfc2VxdWVuY2UYAyABKA1SDG5leHRTZXF1ZW5jZSJACgpTZXR0bGVBY2tzEjIKBGFja3MY"
    "ASADKAsyHi5taWxscmFjZS53b3JrZXJzLnYxLlNldHRsZUFja1IEYWNrcyLGAQoJU2V0dGxlQWNrEjMKBWxlYXNl"
    "GAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USOAoGc3RhdHVzGAIgASgOMiAubWls"
    "bHJhY2Uud29ya2Vycy52MS5Xcml0ZVN0YXR1c1IGc3RhdHVzEjAKBXN0YXRlGAMgASgOMhoubWlsbHJhY2Uuam9i"
    "cy52MS5Kb2JTdGF0ZVIFc3RhdGUSGAoHYm91bmNlZBgEIAEoCFIHYm91bmNlZCJMCgxTdG9wQXR0ZW1wdHMSPAoI"
    "YXR0ZW1wdHMYASADKAsyIC5taWxscmFjZS53b3JrZXJzLnYxLlN0b3BBdHRlbXB0UghhdHRlbXB0cyJ7CgtTdG9w"
    "QXR0ZW1wdBIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEjcKBnJl"
    "YXNvbhgCIAEoDjIfLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcFJlYXNvblIGcmVhc29uIgcKBURyYWluKqYBCgtX"
    "cml0ZVN0YXR1cxIcChhXUklURV9TVEFUVVNfVU5TUEVDSUZJRUQQABIXChNXUklURV9TVEFUVVNfU1RPUkVEEAES"
    "GwoXV1JJVEVfU1RBVFVTX0xFQVNFX0xPU1QQAhIUChBXUklURV9TVEFUVVNfR0FQEAMSFQoRV1JJVEVfU1RBVFVT"
    "X0ZVTEwQBBIWChJXUklURV9TVEFUVVNfUkVUUlkQBSp6CgpTdG9wUmVhc29uEhsKF1NUT1BfUkVBU09OX1VOU1BF"
    "Q0lGSUVEEAASGQoVU1RPUF9SRUFTT05fQ0FOQ0VMTEVEEAESGAoUU1RPUF9SRUFTT05fREVBRExJTkUQAhIaChZT"
    "VE9QX1JFQVNPTl9MRUFTRV9MT1NUEAMywgUKDVdvcmtlclNlcnZpY2USTwoEV29yaxIgLm1pbGxyYWNlLndvcmtl"
    "cnMudjEuV29ya1JlcXVlc3QaIS5taWxscmFjZS53b3JrZXJzLnYxLldvcmtSZXNwb25zZSgBMAESUQoGRmFuT3V0"
    "EiIubWlsbHJhY2Uud29ya2Vycy52MS5GYW5PdXRSZXF1ZXN0GiMubWlsbHJhY2Uud29ya2Vycy52MS5GYW5PdXRS"
    "ZXNwb25zZRJjCgxSZWFkQ2hpbGRyZW4SKC5taWxscmFjZS53b3JrZXJzLnYxLlJlYWRDaGlsZHJlblJlcXVlc3Qa"
    "KS5taWxscmFjZS53b3JrZXJzLnYxLlJlYWRDaGlsZHJlblJlc3BvbnNlEmkKDlNhdmVDaGVja3BvaW50EioubWls"
    "bHJhY2Uud29ya2Vycy52MS5TYXZlQ2hlY2twb2ludFJlcXVlc3QaKy5taWxscmFjZS53b3JrZXJzLnYxLlNhdmVD"
    "aGVja3BvaW50UmVzcG9uc2USYAoLR2V0RG9jdW1lbnQSJy5taWxscmFjZS53b3JrZXJzLnYxLkdldERvY3VtZW50"
    "UmVxdWVzdBooLm1pbGxyYWNlLndvcmtlcnMudjEuR2V0RG9jdW1lbnRSZXNwb25zZRJxChBEb3dubG9hZERvY3Vt"
    "ZW50EiwubWlsbHJhY2Uud29ya2Vycy52MS5Eb3dubG9hZERvY3VtZW50UmVxdWVzdBotLm1pbGxyYWNlLndvcmtl"
    "cnMudjEuRG93bmxvYWREb2N1bWVudFJlc3BvbnNlMAESaAoNU3RvcmVEb2N1bWVudBIpLm1pbGxyYWNlLndvcmtl"
    "cnMudjEuU3RvcmVEb2N1bWVudFJlcXVlc3QaKi5taWxscmFjZS53b3JrZXJzLnYxLlN0b3JlRG9jdW1lbnRSZXNw"
    "b25zZSgBYgZwcm90bzM="
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

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
    "CzIaLm1pbGxyYWNlLndvcmtlcnMudjEuRHJhaW5IAFIFZHJhaW5CCQoHbWVzc2FnZSL8AgoHV2VsY29tZRIhCgxz"
    "Y2hlZHVsZXJfaWQYASABKAlSC3NjaGVkdWxlcklkEkAKDmxlYXNlX2R1cmF0aW9uGAIgASgLMhkuZ29vZ2xlLnBy"
    "b3RvYnVmLkR1cmF0aW9uUg1sZWFzZUR1cmF0aW9uEkgKEmhlYXJ0YmVhdF9pbnRlcnZhbBgDIAEoCzIZLmdvb2ds"
    "ZS5wcm90b2J1Zi5EdXJhdGlvblIRaGVhcnRiZWF0SW50ZXJ2YWwSOAoKc3RvcF9ncmFjZRgEIAEoCzIZLmdvb2ds"
    "ZS5wcm90b2J1Zi5EdXJhdGlvblIJc3RvcEdyYWNlEjgKBmxlYXNlcxgFIAMoCzIgLm1pbGxyYWNlLndvcmtlcnMu"
    "djEuTGVhc2VTdGF0dXNSBmxlYXNlcxIpChB1bmRlZmluZWRfcXVldWVzGAYgAygJUg91bmRlZmluZWRRdWV1ZXMS"
    "IwoNdW5rbm93bl9wb29scxgHIAMoCVIMdW5rbm93blBvb2xzIqYBCgtMZWFzZVN0YXR1cxIzCgVsZWFzZRgBIAEo"
    "CzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEhIKBGhlbGQYAiABKAhSBGhlbGQSIwoNbmV4"
    "dF9zZXF1ZW5jZRgDIAEoDVIMbmV4dFNlcXVlbmNlEikKEGNhbmNlbF9yZXF1ZXN0ZWQYBCABKAhSD2NhbmNlbFJl"
    "cXVlc3RlZCJQCgtBc3NpZ25tZW50cxJBCgthc3NpZ25tZW50cxgBIAMoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEu"
    "QXNzaWdubWVudFILYXNzaWdubWVudHMirwYKCkFzc2lnbm1lbnQSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53"
    "b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRIUCgVxdWV1ZRgCIAEoCVIFcXVldWUSEgoEdHlwZRgDIAEoCVIEdHlw"
    "ZRIYCgdhdHRlbXB0GAQgASgNUgdhdHRlbXB0EiEKDG1heF9hdHRlbXB0cxgFIAEoDVILbWF4QXR0ZW1wdHMSIQoM"
    "cGF5bG9hZF9qc29uGAYgASgJUgtwYXlsb2FkSnNvbhIhCgxkb2N1bWVudF9pZHMYByADKAlSC2RvY3VtZW50SWRz"
    "EhIKBHBvb2wYCCABKAlSBHBvb2wSNgoIZGVhZGxpbmUYCSABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1w"
    "UghkZWFkbGluZRJDCgZsYWJlbHMYCiADKAsyKy5taWxscmFjZS53b3JrZXJzLnYxLkFzc2lnbm1lbnQuTGFiZWxz"
    "RW50cnlSBmxhYmVscxIgCgt0cmFjZXBhcmVudBgLIAEoCVILdHJhY2VwYXJlbnQSHgoKdHJhY2VzdGF0ZRgMIAEo"
    "CVIKdHJhY2VzdGF0ZRIVCgZrZXlfaWQYDSABKAlSBWtleUlkEhkKCGZhbl9vdXRzGA4gASgNUgdmYW5PdXRzEiwK"
    "EmZpbmFsaXplc19ncm91cF9pZBgPIAEoCVIQZmluYWxpemVzR3JvdXBJZBInCg9jaGVja3BvaW50X2pzb24YECAB"
    "KAlSDmNoZWNrcG9pbnRKc29uEh8KC3NjaGVkdWxlX2lkGBEgASgJUgpzY2hlZHVsZUlkEkYKEXNjaGVkdWxlX2R1"
    "ZV90aW1lGBIgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIPc2NoZWR1bGVEdWVUaW1lEhgKB2FjY291"
    "bnQYEyABKAlSB2FjY291bnQSJQoOcHJvdmlkZXJfbW9kZWwYFCABKAlSDXByb3ZpZGVyTW9kZWwaOQoLTGFiZWxz"
    "RW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJBCgxIZWFydGJlYXRBY2sS"
    "MQoEbG9zdBgBIAMoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBGxvc3QiQAoKT3V0cHV0QWNrcxIy"
    "CgRhY2tzGAEgAygLMh4ubWlsbHJhY2Uud29ya2Vycy52MS5PdXRwdXRBY2tSBGFja3MinwEKCU91dHB1dEFjaxIz"
    "CgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEjgKBnN0YXR1cxgCIAEo"
    "DjIgLm1pbGxyYWNlLndvcmtlcnMudjEuV3JpdGVTdGF0dXNSBnN0YXR1cxIjCg1uZXh0X3NlcXVlbmNlGAMgASgN"
    "UgxuZXh0U2VxdWVuY2UiQAoKU2V0dGxlQWNrcxIyCgRhY2tzGAEgAygLMh4ubWlsbHJhY2Uud29ya2Vycy52MS5T"
    "ZXR0bGVBY2tSBGFja3MixgEKCVNldHRsZUFjaxIzCgVsZWFzZRgBIAEoCzIdLm1pbGxyYWNlLndvcmtlcnMudjEu"
    "TGVhc2VSZWZSBWxlYXNlEjgKBnN0YXR1cxgCIAEoDjIgLm1pbGxyYWNlLndvcmtlcnMudjEuV3JpdGVTdGF0dXNS"
    "BnN0YXR1cxIwCgVzdGF0ZRgDIAEoDjIaLm1pbGxyYWNlLmpvYnMudjEuSm9iU3RhdGVSBXN0YXRlEhgKB2JvdW5j"
    "ZWQYBCABKAhSB2JvdW5jZWQiTAoMU3RvcEF0dGVtcHRzEjwKCGF0dGVtcHRzGAEgAygLMiAubWlsbHJhY2Uud29y"
    "a2Vycy52MS5TdG9wQXR0ZW1wdFIIYXR0ZW1wdHMiewoLU3RvcEF0dGVtcHQSMwoFbGVhc2UYASABKAsyHS5taWxs"
    "cmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRI3CgZyZWFzb24YAiABKA4yHy5taWxscmFjZS53b3JrZXJz"
    "LnYxLlN0b3BSZWFzb25SBnJlYXNvbiIHCgVEcmFpbiqmAQoLV3JpdGVTdGF0dXMSHAoYV1JJVEVfU1RBVFVTX1VO"
    "U1BFQ0lGSUVEEAASFwoTV1JJVEVfU1RBVFVTX1NUT1JFRBABEhsKF1dSSVRFX1NUQVRVU19MRUFTRV9MT1NUEAIS"
    "FAoQV1JJVEVfU1RBVFVTX0dBUBADEhUKEVdSSVRFX1NUQVRVU19GVUxMEAQSFgoSV1JJVEVfU1RBVFVTX1JFVFJZ"
    "EAUqegoKU3RvcFJlYXNvbhIbChdTVE9QX1JFQVNPTl9VTlNQRUNJRklFRBAAEhkKFVNUT1BfUkVBU09OX0NBTkNF"
    "TExFRBABEhgKFFNUT1BfUkVBU09OX0RFQURMSU5FEAISGgoWU1RPUF9SRUFTT05fTEVBU0VfTE9TVBADMsIFCg1X"
    "b3JrZXJTZXJ2aWNlEk8KBFdvcmsSIC5taWxscmFjZS53b3JrZXJzLnYxLldvcmtSZXF1ZXN0GiEubWlsbHJhY2Uu"
    "d29ya2Vycy52MS5Xb3JrUmVzcG9uc2UoATABElEKBkZhbk91dBIiLm1pbGxyYWNlLndvcmtlcnMudjEuRmFuT3V0"
    "UmVxdWVzdBojLm1pbGxyYWNlLndvcmtlcnMudjEuRmFuT3V0UmVzcG9uc2USYwoMUmVhZENoaWxkcmVuEigubWls"
    "bHJhY2Uud29ya2Vycy52MS5SZWFkQ2hpbGRyZW5SZXF1ZXN0GikubWlsbHJhY2Uud29ya2Vycy52MS5SZWFkQ2hp"
    "bGRyZW5SZXNwb25zZRJpCg5TYXZlQ2hlY2twb2ludBIqLm1pbGxyYWNlLndvcmtlcnMudjEuU2F2ZUNoZWNrcG9p"
    "bnRSZXF1ZXN0GisubWlsbHJhY2Uud29ya2Vycy52MS5TYXZlQ2hlY2twb2ludFJlc3BvbnNlEmAKC0dldERvY3Vt"
    "ZW50EicubWlsbHJhY2Uud29ya2Vycy52MS5HZXREb2N1bWVudFJlcXVlc3QaKC5taWxscmFjZS53b3JrZXJzLnYx"
    "LkdldERvY3VtZW50UmVzcG9uc2UScQoQRG93bmxvYWREb2N1bWVudBIsLm1pbGxyYWNlLndvcmtlcnMudjEuRG93"
    "bmxvYWREb2N1bWVudFJlcXVlc3QaLS5taWxscmFjZS53b3JrZXJzLnYxLkRvd25sb2FkRG9jdW1lbnRSZXNwb25z"
    "ZTABEmgKDVN0b3JlRG9jdW1lbnQSKS5taWxscmFjZS53b3JrZXJzLnYxLlN0b3JlRG9jdW1lbnRSZXF1ZXN0Giou"
    "bWlsbHJhY2Uud29ya2Vycy52MS5TdG9yZURvY3VtZW50UmVzcG9uc2UoAWIGcHJvdG8z"
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

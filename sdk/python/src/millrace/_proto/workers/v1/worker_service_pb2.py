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
    "YWNlLmpvYnMudjEuR3JvdXBSBWdyb3VwIsIBChNSZWFkQ2hpbGRyZW5SZXF1ZXN0EjMKBWxlYXNlGAEgASgLMh0u"
    "bWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USGAoHb3JkaW5hbBgCIAEoDVIHb3JkaW5hbBIfCgth"
    "ZnRlcl9pbmRleBgDIAEoDVIKYWZ0ZXJJbmRleBIjCg13aG9sZV9yZXN1bHRzGAQgASgIUgx3aG9sZVJlc3VsdHMS"
    "FgoGdXNhZ2VzGAUgASgIUgZ1c2FnZXMizAEKFFJlYWRDaGlsZHJlblJlc3BvbnNlEi0KBWdyb3VwGAEgASgLMhcu"
    "bWlsbHJhY2Uuam9icy52MS5Hcm91cFIFZ3JvdXASOAoIY2hpbGRyZW4YAiADKAsyHC5taWxscmFjZS5qb2JzLnYx"
    "Lkdyb3VwQ2hpbGRSCGNoaWxkcmVuEhIKBG1vcmUYAyABKAhSBG1vcmUSNwoGdXNhZ2VzGAQgAygLMh8ubWlsbHJh"
    "Y2Uud29ya2Vycy52MS5DaGlsZFVzYWdlUgZ1c2FnZXMiUQoKQ2hpbGRVc2FnZRIUCgVpbmRleBgBIAEoDVIFaW5k"
    "ZXgSLQoFdXNhZ2UYAiABKAsyFy5taWxscmFjZS5qb2JzLnYxLlVzYWdlUgV1c2FnZSJ1ChVTYXZlQ2hlY2twb2lu"
    "dFJlcXVlc3QSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRInCg9j"
    "aGVja3BvaW50X2pzb24YAiABKAlSDmNoZWNrcG9pbnRKc29uIhgKFlNhdmVDaGVja3BvaW50UmVzcG9uc2UitgMK"
    "C1dvcmtSZXF1ZXN0EjIKBWhlbGxvGAEgASgLMhoubWlsbHJhY2Uud29ya2Vycy52MS5IZWxsb0gAUgVoZWxsbxI1"
    "CgZjcmVkaXQYAiABKAsyGy5taWxscmFjZS53b3JrZXJzLnYxLkNyZWRpdEgAUgZjcmVkaXQSPgoJaGVhcnRiZWF0"
    "GAMgASgLMh4ubWlsbHJhY2Uud29ya2Vycy52MS5IZWFydGJlYXRIAFIJaGVhcnRiZWF0EjsKBm91dHB1dBgEIAEo"
    "CzIhLm1pbGxyYWNlLndvcmtlcnMudjEuQXBwZW5kT3V0cHV0SABSBm91dHB1dBI9CgZzZXR0bGUYBSABKAsyIy5t"
    "aWxscmFjZS53b3JrZXJzLnYxLlNldHRsZUF0dGVtcHRzSABSBnNldHRsZRI7CghkcmFpbmluZxgGIAEoCzIdLm1p"
    "bGxyYWNlLndvcmtlcnMudjEuRHJhaW5pbmdIAFIIZHJhaW5pbmcSOAoHZ29vZGJ5ZRgHIAEoCzIcLm1pbGxyYWNl"
    "LndvcmtlcnMudjEuR29vZGJ5ZUgAUgdnb29kYnllQgkKB21lc3NhZ2UimgIKBUhlbGxvEhsKCXdvcmtlcl9pZBgB"
    "IAEoCVIId29ya2VySWQSFgoGcXVldWVzGAIgAygJUgZxdWV1ZXMSFAoFcG9vbHMYAyADKAlSBXBvb2xzEhQKBXR5"
    "cGVzGAQgAygJUgV0eXBlcxIWCgZjcmVkaXQYBSABKA1SBmNyZWRpdBI1CgZsZWFzZXMYBiADKAsyHS5taWxscmFj"
    "ZS53b3JrZXJzLnYxLkxlYXNlUmVmUgZsZWFzZXMSEAoDc2RrGAcgASgJUgNzZGsSHwoLZ3Vlc3Rfc2xvdHMYCCAB"
    "KA1SCmd1ZXN0U2xvdHMSFAoFc2xvdHMYCSABKA1SBXNsb3RzEhgKB3ZlcnNpb24YCiABKAlSB3ZlcnNpb24iRgoI"
    "TGVhc2VSZWYSFQoGam9iX2lkGAEgASgJUgVqb2JJZBIjCg1mZW5jaW5nX3Rva2VuGAIgASgEUgxmZW5jaW5nVG9r"
    "ZW4iHgoGQ3JlZGl0EhQKBXNsb3RzGAEgASgNUgVzbG90cyJCCglIZWFydGJlYXQSNQoGbGVhc2VzGAEgAygLMh0u"
    "bWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIGbGVhc2VzIk4KDEFwcGVuZE91dHB1dBI+CghhdHRlbXB0cxgB"
    "IAMoCzIiLm1pbGxyYWNlLndvcmtlcnMudjEuQXR0ZW1wdE91dHB1dFIIYXR0ZW1wdHMipQEKDUF0dGVtcHRPdXRw"
    "dXQSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRIlCg5maXJzdF9z"
    "ZXF1ZW5jZRgCIAEoDVINZmlyc3RTZXF1ZW5jZRI4CgZjaHVua3MYAyADKAsyIC5taWxscmFjZS53b3JrZXJzLnYx"
    "LldvcmtlckNodW5rUgZjaHVua3MifgoLV29ya2VyQ2h1bmsSFAoEdGV4dBgBIAEoCUgAUgR0ZXh0EhQKBGRhdGEY"
    "AiABKAxIAFIEZGF0YRI4Cghwcm9ncmVzcxgDIAEoCzIaLm1pbGxyYWNlLmpvYnMudjEuUHJvZ3Jlc3NIAFIIcHJv"
    "Z3Jlc3NCCQoHY29udGVudCJRCg5TZXR0bGVBdHRlbXB0cxI/CghvdXRjb21lcxgBIAMoCzIjLm1pbGxyYWNlLndv"
    "cmtlcnMudjEuQXR0ZW1wdE91dGNvbWVSCG91dGNvbWVzIq4DCg5BdHRlbXB0T3V0Y29tZRIzCgVsZWFzZRgBIAEo"
    "CzIdLm1pbGxyYWNlLndvcmtlcnMudjEuTGVhc2VSZWZSBWxlYXNlEj4KCWNvbXBsZXRlZBgCIAEoCzIeLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuQ29tcGxldGVkSABSCWNvbXBsZXRlZBI1CgZmYWlsZWQYAyABKAsyGy5taWxscmFjZS53"
    "b3JrZXJzLnYxLkZhaWxlZEgAUgZmYWlsZWQSOAoHc3RvcHBlZBgEIAEoCzIcLm1pbGxyYWNlLndvcmtlcnMudjEu"
    "U3RvcHBlZEgAUgdzdG9wcGVkEkIKC2hhbmRlZF9iYWNrGAUgASgLMh8ubWlsbHJhY2Uud29ya2Vycy52MS5IYW5k"
    "ZWRCYWNrSABSCmhhbmRlZEJhY2sSOAoHd2FpdGluZxgHIAEoCzIcLm1pbGxyYWNlLndvcmtlcnMudjEuV2FpdGlu"
    "Z0gAUgd3YWl0aW5nEi0KBXVzYWdlGAYgASgLMhcubWlsbHJhY2Uuam9icy52MS5Vc2FnZVIFdXNhZ2VCCQoHb3V0"
    "Y29tZSIlCgdXYWl0aW5nEhoKCGNoaWxkcmVuGAEgASgNUghjaGlsZHJlbiIsCglDb21wbGV0ZWQSHwoLcmVzdWx0"
    "X2pzb24YASABKAlSCnJlc3VsdEpzb24ivwEKBkZhaWxlZBI2CgdmYWlsdXJlGAEgASgLMhwubWlsbHJhY2Uuam9i"
    "cy52MS5Kb2JGYWlsdXJlUgdmYWlsdXJlEjoKC3JldHJ5X2FmdGVyGAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1"
    "cmF0aW9uUgpyZXRyeUFmdGVyEkEKCHByb3ZpZGVyGAMgASgLMiUubWlsbHJhY2Uud29ya2Vycy52MS5Qcm92aWRl"
    "ckZlZWRiYWNrUghwcm92aWRlciKmAgoQUHJvdmlkZXJGZWVkYmFjaxIYCgdhY2NvdW50GAEgASgJUgdhY2NvdW50"
    "Eh8KC2h0dHBfc3RhdHVzGAIgASgNUgpodHRwU3RhdHVzEicKD3F1b3RhX2V4aGF1c3RlZBgDIAEoCFIOcXVvdGFF"
    "eGhhdXN0ZWQSaQoScmF0ZV9saW1pdF9oZWFkZXJzGAQgAygLMjsubWlsbHJhY2Uud29ya2Vycy52MS5Qcm92aWRl"
    "ckZlZWRiYWNrLlJhdGVMaW1pdEhlYWRlcnNFbnRyeVIQcmF0ZUxpbWl0SGVhZGVycxpDChVSYXRlTGltaXRIZWFk"
    "ZXJzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASIJCgdTdG9wcGVkIiQK"
    "CkhhbmRlZEJhY2sSFgoGcmVhc29uGAEgASgJUgZyZWFzb24iCgoIRHJhaW5pbmciCQoHR29vZGJ5ZSLYAwoMV29y"
    "a1Jlc3BvbnNlEjgKB3dlbGNvbWUYASABKAsyHC5taWxscmFjZS53b3JrZXJzLnYxLldlbGNvbWVIAFIHd2VsY29t"
    "ZRJECgthc3NpZ25tZW50cxgCIAEoCzIgLm1pbGxyYWNlLndvcmtlcnMudjEuQXNzaWdubWVudHNIAFILYXNzaWdu"
    "bWVudHMSSAoNaGVhcnRiZWF0X2FjaxgDIAEoCzIhLm1pbGxyYWNlLndvcmtlcnMudjEuSGVhcnRiZWF0QWNrSABS"
    "DGhlYXJ0YmVhdEFjaxJCCgtvdXRwdXRfYWNrcxgEIAEoCzIfLm1pbGxyYWNlLndvcmtlcnMudjEuT3V0cHV0QWNr"
    "c0gAUgpvdXRwdXRBY2tzEkIKC3NldHRsZV9hY2tzGAUgASgLMh8ubWlsbHJhY2Uud29ya2Vycy52MS5TZXR0bGVB"
    "Y2tzSABSCnNldHRsZUFja3MSNwoEc3RvcBgGIAEoCzIhLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcEF0dGVtcHRz"
    "SABSBHN0b3ASMgoFZHJhaW4YByABKAsyGi5taWxscmFjZS53b3JrZXJzLnYxLkRyYWluSABSBWRyYWluQgkKB21l"
    "c3NhZ2Ui/AIKB1dlbGNvbWUSIQoMc2NoZWR1bGVyX2lkGAEgASgJUgtzY2hlZHVsZXJJZBJACg5sZWFzZV9kdXJh"
    "dGlvbhgCIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblINbGVhc2VEdXJhdGlvbhJIChJoZWFydGJlYXRf"
    "aW50ZXJ2YWwYAyABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRpb25SEWhlYXJ0YmVhdEludGVydmFsEjgKCnN0"
    "b3BfZ3JhY2UYBCABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRpb25SCXN0b3BHcmFjZRI4CgZsZWFzZXMYBSAD"
    "KAsyIC5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlU3RhdHVzUgZsZWFzZXMSKQoQdW5kZWZpbmVkX3F1ZXVlcxgG"
    "IAMoCVIPdW5kZWZpbmVkUXVldWVzEiMKDXVua25vd25fcG9vbHMYByADKAlSDHVua25vd25Qb29scyKmAQoLTGVh"
    "c2VTdGF0dXMSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRISCgRo"
    "ZWxkGAIgASgIUgRoZWxkEiMKDW5leHRfc2VxdWVuY2UYAyABKA1SDG5leHRTZXF1ZW5jZRIpChBjYW5jZWxfcmVx"
    "dWVzdGVkGAQgASgIUg9jYW5jZWxSZXF1ZXN0ZWQiUAoLQXNzaWdubWVudHMSQQoLYXNzaWdubWVudHMYASADKAsy"
    "Hy5taWxscmFjZS53b3JrZXJzLnYxLkFzc2lnbm1lbnRSC2Fzc2lnbm1lbnRzIq8GCgpBc3NpZ25tZW50EjMKBWxl"
    "YXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USFAoFcXVldWUYAiABKAlSBXF1"
    "ZXVlEhIKBHR5cGUYAyABKAlSBHR5cGUSGAoHYXR0ZW1wdBgEIAEoDVIHYXR0ZW1wdBIhCgxtYXhfYXR0ZW1wdHMY"
    "BSABKA1SC21heEF0dGVtcHRzEiEKDHBheWxvYWRfanNvbhgGIAEoCVILcGF5bG9hZEpzb24SIQoMZG9jdW1lbnRf"
    "aWRzGAcgAygJUgtkb2N1bWVudElkcxISCgRwb29sGAggASgJUgRwb29sEjYKCGRlYWRsaW5lGAkgASgLMhouZ29v"
    "Z2xlLnByb3RvYnVmLlRpbWVzdGFtcFIIZGVhZGxpbmUSQwoGbGFiZWxzGAogAygLMisubWlsbHJhY2Uud29ya2Vy"
    "cy52MS5Bc3NpZ25tZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSIAoLdHJhY2VwYXJlbnQYCyABKAlSC3RyYWNlcGFy"
    "ZW50Eh4KCnRyYWNlc3RhdGUYDCABKAlSCnRyYWNlc3RhdGUSFQoGa2V5X2lkGA0gASgJUgVrZXlJZBIZCghmYW5f"
    "b3V0cxgOIAEoDVIHZmFuT3V0cxIsChJmaW5hbGl6ZXNfZ3JvdXBfaWQYDyABKAlSEGZpbmFsaXplc0dyb3VwSWQS"
    "JwoPY2hlY2twb2ludF9qc29uGBAgASgJUg5jaGVja3BvaW50SnNvbhIfCgtzY2hlZHVsZV9pZBgRIAEoCVIKc2No"
    "ZWR1bGVJZBJGChFzY2hlZHVsZV9kdWVfdGltZRgSIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSD3Nj"
    "aGVkdWxlRHVlVGltZRIYCgdhY2NvdW50GBMgASgJUgdhY2NvdW50EiUKDnByb3ZpZGVyX21vZGVsGBQgASgJUg1w"
    "cm92aWRlck1vZGVsGjkKC0xhYmVsc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1"
    "ZToCOAEiQQoMSGVhcnRiZWF0QWNrEjEKBGxvc3QYASADKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVm"
    "UgRsb3N0IkAKCk91dHB1dEFja3MSMgoEYWNrcxgBIAMoCzIeLm1pbGxyYWNlLndvcmtlcnMudjEuT3V0cHV0QWNr"
    "UgRhY2tzIp8BCglPdXRwdXRBY2sSMwoFbGVhc2UYASABKAsyHS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVm"
    "UgVsZWFzZRI4CgZzdGF0dXMYAiABKA4yIC5taWxscmFjZS53b3JrZXJzLnYxLldyaXRlU3RhdHVzUgZzdGF0dXMS"
    "IwoNbmV4dF9zZXF1ZW5jZRgDIAEoDVIMbmV4dFNlcXVlbmNlIkAKClNldHRsZUFja3MSMgoEYWNrcxgBIAMoCzIe"
    "Lm1pbGxyYWNlLndvcmtlcnMudjEuU2V0dGxlQWNrUgRhY2tzIsYBCglTZXR0bGVBY2sSMwoFbGVhc2UYASABKAsy"
    "HS5taWxscmFjZS53b3JrZXJzLnYxLkxlYXNlUmVmUgVsZWFzZRI4CgZzdGF0dXMYAiABKA4yIC5taWxscmFjZS53"
    "b3JrZXJzLnYxLldyaXRlU3RhdHVzUgZzdGF0dXMSMAoFc3RhdGUYAyABKA4yGi5taWxscmFjZS5qb2JzLnYxLkpv"
    "YlN0YXRlUgVzdGF0ZRIYCgdib3VuY2VkGAQgASgIUgdib3VuY2VkIkwKDFN0b3BBdHRlbXB0cxI8CghhdHRlbXB0"
    "cxgBIAMoCzIgLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcEF0dGVtcHRSCGF0dGVtcHRzInsKC1N0b3BBdHRlbXB0"
    "EjMKBWxlYXNlGAEgASgLMh0ubWlsbHJhY2Uud29ya2Vycy52MS5MZWFzZVJlZlIFbGVhc2USNwoGcmVhc29uGAIg"
    "ASgOMh8ubWlsbHJhY2Uud29ya2Vycy52MS5TdG9wUmVhc29uUgZyZWFzb24iBwoFRHJhaW4qpgEKC1dyaXRlU3Rh"
    "dHVzEhwKGFdSSVRFX1NUQVRVU19VTlNQRUNJRklFRBAAEhcKE1dSSVRFX1NUQVRVU19TVE9SRUQQARIbChdXUklU"
    "RV9TVEFUVVNfTEVBU0VfTE9TVBACEhQKEFdSSVRFX1NUQVRVU19HQVAQAxIVChFXUklURV9TVEFUVVNfRlVMTBAE"
    "EhYKEldSSVRFX1NUQVRVU19SRVRSWRAFKnoKClN0b3BSZWFzb24SGwoXU1RPUF9SRUFTT05fVU5TUEVDSUZJRUQQ"
    "ABIZChVTVE9QX1JFQVNPTl9DQU5DRUxMRUQQARIYChRTVE9QX1JFQVNPTl9ERUFETElORRACEhoKFlNUT1BfUkVB"
    "U09OX0xFQVNFX0xPU1QQAzLCBQoNV29ya2VyU2VydmljZRJPCgRXb3JrEiAubWlsbHJhY2Uud29ya2Vycy52MS5X"
    "b3JrUmVxdWVzdBohLm1pbGxyYWNlLndvcmtlcnMudjEuV29ya1Jlc3BvbnNlKAEwARJRCgZGYW5PdXQSIi5taWxs"
    "cmFjZS53b3JrZXJzLnYxLkZhbk91dFJlcXVlc3QaIy5taWxscmFjZS53b3JrZXJzLnYxLkZhbk91dFJlc3BvbnNl"
    "EmMKDFJlYWRDaGlsZHJlbhIoLm1pbGxyYWNlLndvcmtlcnMudjEuUmVhZENoaWxkcmVuUmVxdWVzdBopLm1pbGxy"
    "YWNlLndvcmtlcnMudjEuUmVhZENoaWxkcmVuUmVzcG9uc2USaQoOU2F2ZUNoZWNrcG9pbnQSKi5taWxscmFjZS53"
    "b3JrZXJzLnYxLlNhdmVDaGVja3BvaW50UmVxdWVzdBorLm1pbGxyYWNlLndvcmtlcnMudjEuU2F2ZUNoZWNrcG9p"
    "bnRSZXNwb25zZRJgCgtHZXREb2N1bWVudBInLm1pbGxyYWNlLndvcmtlcnMudjEuR2V0RG9jdW1lbnRSZXF1ZXN0"
    "GigubWlsbHJhY2Uud29ya2Vycy52MS5HZXREb2N1bWVudFJlc3BvbnNlEnEKEERvd25sb2FkRG9jdW1lbnQSLC5t"
    "aWxscmFjZS53b3JrZXJzLnYxLkRvd25sb2FkRG9jdW1lbnRSZXF1ZXN0Gi0ubWlsbHJhY2Uud29ya2Vycy52MS5E"
    "b3dubG9hZERvY3VtZW50UmVzcG9uc2UwARJoCg1TdG9yZURvY3VtZW50EikubWlsbHJhY2Uud29ya2Vycy52MS5T"
    "dG9yZURvY3VtZW50UmVxdWVzdBoqLm1pbGxyYWNlLndvcmtlcnMudjEuU3RvcmVEb2N1bWVudFJlc3BvbnNlKAFi"
    "BnByb3RvMw=="
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
ChildUsage = _pool.message_class("millrace.workers.v1.ChildUsage")
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

# Generated from millrace/jobs/v1/job_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.google.rpc.status_pb2
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.jobs.v1.spend_pb2

_pool.add_file(
    "CiJtaWxscmFjZS9qb2JzL3YxL2pvYl9zZXJ2aWNlLnByb3RvEhBtaWxscmFjZS5qb2JzLnYxGh5nb29nbGUvcHJv"
    "dG9idWYvZHVyYXRpb24ucHJvdG8aH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAucHJvdG8aF2dvb2dsZS9ycGMv"
    "c3RhdHVzLnByb3RvGhptaWxscmFjZS9qb2JzL3YxL2pvYi5wcm90bxocbWlsbHJhY2Uvam9icy92MS9zcGVuZC5w"
    "cm90byJBChBRdW90ZUpvYnNSZXF1ZXN0Ei0KBGpvYnMYASADKAsyGS5taWxscmFjZS5qb2JzLnYxLkpvYlNwZWNS"
    "BGpvYnMidQoRUXVvdGVKb2JzUmVzcG9uc2USMgoGcXVvdGVzGAEgAygLMhoubWlsbHJhY2Uuam9icy52MS5Kb2JR"
    "dW90ZVIGcXVvdGVzEiwKA3N1bRgCIAEoCzIaLm1pbGxyYWNlLmpvYnMudjEuUXVvdGVTdW1SA3N1bSKjBAoISm9i"
    "UXVvdGUSQAoMaW5wdXRfdG9rZW5zGAEgASgLMh0ubWlsbHJhY2Uuam9icy52MS5RdW90ZWRSYW5nZVILaW5wdXRU"
    "b2tlbnMSQgoNb3V0cHV0X3Rva2VucxgCIAEoCzIdLm1pbGxyYWNlLmpvYnMudjEuUXVvdGVkUmFuZ2VSDG91dHB1"
    "dFRva2VucxI1CgZ0b2tlbnMYAyABKAsyHS5taWxscmFjZS5qb2JzLnYxLlF1b3RlZFJhbmdlUgZ0b2tlbnMSPgoL"
    "Y29zdF9taWNyb3MYBCABKAsyHS5taWxscmFjZS5qb2JzLnYxLlF1b3RlZFJhbmdlUgpjb3N0TWljcm9zEjMKBXN0"
    "YXJ0GAUgASgLMh0ubWlsbHJhY2Uuam9icy52MS5RdW90ZWRUaW1lc1IFc3RhcnQSLwoDZW5kGAYgASgLMh0ubWls"
    "bHJhY2Uuam9icy52MS5RdW90ZWRUaW1lc1IDZW5kEj4KC2NvbnN0cmFpbnRzGAcgAygLMhwubWlsbHJhY2Uuam9i"
    "cy52MS5Db25zdHJhaW50Ugtjb25zdHJhaW50cxIdCgp0aW1lX2Jhc2lzGAggASgJUgl0aW1lQmFzaXMSHwoLdG9r"
    "ZW5fYmFzaXMYCSABKAlSCnRva2VuQmFzaXMSNAoWZXN0aW1hdGVkX2RvY3VtZW50X2lkcxgKIAMoCVIUZXN0aW1h"
    "dGVkRG9jdW1lbnRJZHMiSwoLUXVvdGVkUmFuZ2USEAoDbG93GAEgASgEUgNsb3cSFgoGbGlrZWx5GAIgASgEUgZs"
    "aWtlbHkSEgoEaGlnaBgDIAEoBFIEaGlnaCKfAQoLUXVvdGVkVGltZXMSLAoDbG93GAEgASgLMhouZ29vZ2xlLnBy"
    "b3RvYnVmLlRpbWVzdGFtcFIDbG93EjIKBmxpa2VseRgCIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBS"
    "Bmxpa2VseRIuCgRoaWdoGAMgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIEaGlnaCKMAgoIUXVvdGVT"
    "dW0SNQoGdG9rZW5zGAEgASgLMh0ubWlsbHJhY2Uuam9icy52MS5RdW90ZWRSYW5nZVIGdG9rZW5zEj4KC2Nvc3Rf"
    "bWljcm9zGAIgASgLMh0ubWlsbHJhY2Uuam9icy52MS5RdW90ZWRSYW5nZVIKY29zdE1pY3JvcxIjCg11bnByaWNl"
    "ZF9qb2JzGAMgASgNUgx1bnByaWNlZEpvYnMSMwoFc3RhcnQYBCABKAsyHS5taWxscmFjZS5qb2JzLnYxLlF1b3Rl"
    "ZFRpbWVzUgVzdGFydBIvCgNlbmQYBSABKAsyHS5taWxscmFjZS5qb2JzLnYxLlF1b3RlZFRpbWVzUgNlbmQiSQoQ"
    "TGlzdFNwZW5kUmVxdWVzdBI1CgZmaWx0ZXIYASABKAsyHS5taWxscmFjZS5qb2JzLnYxLlNwZW5kRmlsdGVyUgZm"
    "aWx0ZXIiRAoRTGlzdFNwZW5kUmVzcG9uc2USLwoEcGFnZRgBIAEoCzIbLm1pbGxyYWNlLmpvYnMudjEuU3BlbmRQ"
    "YWdlUgRwYWdlIm4KEFN1Ym1pdEpvYlJlcXVlc3QSKwoDam9iGAEgASgLMhkubWlsbHJhY2Uuam9icy52MS5Kb2JT"
    "cGVjUgNqb2ISLQoEd2FpdBgCIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIEd2FpdCJYChFTdWJtaXRK"
    "b2JSZXNwb25zZRInCgNqb2IYASABKAsyFS5taWxscmFjZS5qb2JzLnYxLkpvYlIDam9iEhoKCGV4aXN0aW5nGAIg"
    "ASgIUghleGlzdGluZyJCChFTdWJtaXRKb2JzUmVxdWVzdBItCgRqb2JzGAEgAygLMhkubWlsbHJhY2Uuam9icy52"
    "MS5Kb2JTcGVjUgRqb2JzIk4KElN1Ym1pdEpvYnNSZXNwb25zZRI4CgdyZXN1bHRzGAEgAygLMh4ubWlsbHJhY2Uu"
    "am9icy52MS5TdWJtaXRSZXN1bHRSB3Jlc3VsdHMilAEKDFN1Ym1pdFJlc3VsdBIXCgZqb2JfaWQYASABKAlIAFIF"
    "am9iSWQSKgoFZXJyb3IYAiABKAsyEi5nb29nbGUucnBjLlN0YXR1c0gAUgVlcnJvchIaCghleGlzdGluZxgDIAEo"
    "CFIIZXhpc3RpbmcSGQoIdHJhY2VfaWQYBCABKAlSB3RyYWNlSWRCCAoGcmVzdWx0IsEBChNTdWJtaXRTdHJlYW1S"
    "ZXF1ZXN0EjUKBGpvYnMYASADKAsyIS5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdFN0cmVhbUpvYlIEam9icxInCg9u"
    "b3RpZnlfZmluaXNoZWQYAiABKAhSDm5vdGlmeUZpbmlzaGVkEiQKDm5vdGlmeV9qb2JfaWRzGAMgAygJUgxub3Rp"
    "ZnlKb2JJZHMSJAoOZm9yZ2V0X2pvYl9pZHMYBCADKAlSDGZvcmdldEpvYklkcyJaCg9TdWJtaXRTdHJlYW1Kb2IS"
    "GgoIc2VxdWVuY2UYASABKARSCHNlcXVlbmNlEisKA2pvYhgCIAEoCzIZLm1pbGxyYWNlLmpvYnMudjEuSm9iU3Bl"
    "Y1IDam9iIqsBChRTdWJtaXRTdHJlYW1SZXNwb25zZRI+CgdyZXN1bHRzGAEgAygLMiQubWlsbHJhY2Uuam9icy52"
    "MS5TdWJtaXRTdHJlYW1SZXN1bHRSB3Jlc3VsdHMSMQoIZmluaXNoZWQYAiADKAsyFS5taWxscmFjZS5qb2JzLnYx"
    "LkpvYlIIZmluaXNoZWQSIAoMZ29uZV9qb2JfaWRzGAMgAygJUgpnb25lSm9iSWRzImgKElN1Ym1pdFN0cmVhbVJl"
    "c3VsdBIaCghzZXF1ZW5jZRgBIAEoBFIIc2VxdWVuY2USNgoGcmVzdWx0GAIgASgLMh4ubWlsbHJhY2Uuam9icy52"
    "MS5TdWJtaXRSZXN1bHRSBnJlc3VsdCJVCg1HZXRKb2JSZXF1ZXN0EhUKBmpvYl9pZBgBIAEoCVIFam9iSWQSLQoE"
    "d2FpdBgCIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIEd2FpdCI5Cg5HZXRKb2JSZXNwb25zZRInCgNq"
    "b2IYASABKAsyFS5taWxscmFjZS5qb2JzLnYxLkpvYlIDam9iIsEBCg9MaXN0Sm9ic1JlcXVlc3QSFAoFcXVldWUY"
    "ASABKAlSBXF1ZXVlEjIKBnN0YXRlcxgCIAMoDjIaLm1pbGxyYWNlLmpvYnMudjEuSm9iU3RhdGVSBnN0YXRlcxIS"
    "CgR0eXBlGAMgASgJUgR0eXBlEhQKBWxhYmVsGAQgASgJUgVsYWJlbBIbCglwYWdlX3NpemUYBSABKA1SCHBhZ2VT"
    "aXplEh0KCnBhZ2VfdG9rZW4YBiABKAlSCXBhZ2VUb2tlbiJlChBMaXN0Sm9ic1Jlc3BvbnNlEikKBGpvYnMYASAD"
    "KAsyFS5taWxscmFjZS5qb2JzLnYxLkpvYlIEam9icxImCg9uZXh0X3BhZ2VfdG9rZW4YAiABKAlSDW5leHRQYWdl"
    "VG9rZW4iSQoPV2F0Y2hKb2JSZXF1ZXN0EhUKBmpvYl9pZBgBIAEoCVIFam9iSWQSHwoLZnJvbV9vZmZzZXQYAiAB"
    "KARSCmZyb21PZmZzZXQigAEKEFdhdGNoSm9iUmVzcG9uc2USKQoDam9iGAEgASgLMhUubWlsbHJhY2Uuam9icy52"
    "MS5Kb2JIAFIDam9iEjgKBmNodW5rcxgCIAEoCzIeLm1pbGxyYWNlLmpvYnMudjEuT3V0cHV0Q2h1bmtzSABSBmNo"
    "dW5rc0IHCgVldmVudCJFCgxPdXRwdXRDaHVua3MSNQoGY2h1bmtzGAEgAygLMh0ubWlsbHJhY2Uuam9icy52MS5P"
    "dXRwdXRDaHVua1IGY2h1bmtzIkEKEENhbmNlbEpvYlJlcXVlc3QSFQoGam9iX2lkGAEgASgJUgVqb2JJZBIWCgZy"
    "ZWFzb24YAiABKAlSBnJlYXNvbiI8ChFDYW5jZWxKb2JSZXNwb25zZRInCgNqb2IYASABKAsyFS5taWxscmFjZS5q"
    "b2JzLnYxLkpvYlIDam9iIioKEUV4cGxhaW5Kb2JSZXF1ZXN0EhUKBmpvYl9pZBgBIAEoCVIFam9iSWQi2gMKEkV4"
    "cGxhaW5Kb2JSZXNwb25zZRIwCgVzdGF0ZRgBIAEoDjIaLm1pbGxyYWNlLmpvYnMudjEuSm9iU3RhdGVSBXN0YXRl"
    "Ej4KC2NvbnN0cmFpbnRzGAIgAygLMhwubWlsbHJhY2Uuam9icy52MS5Db25zdHJhaW50Ugtjb25zdHJhaW50cxIi"
    "Cg1haGVhZF9pbl9sYW5lGAMgASgEUgthaGVhZEluTGFuZRJMChRlc3RpbWF0ZWRfc3RhcnRfdGltZRgEIAEoCzIa"
    "Lmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSEmVzdGltYXRlZFN0YXJ0VGltZRIlCg5lc3RpbWF0ZV9iYXNpcxgF"
    "IAEoCVINZXN0aW1hdGVCYXNpcxIfCgtzY2hlZHVsZV9pZBgGIAEoCVIKc2NoZWR1bGVJZBJGChFzY2hlZHVsZV9k"
    "dWVfdGltZRgHIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSD3NjaGVkdWxlRHVlVGltZRIUCgVtb2Rl"
    "bBgIIAEoCVIFbW9kZWwSOgoGcm91dGVzGAkgAygLMiIubWlsbHJhY2Uuam9icy52MS5Sb3V0ZUV4cGxhbmF0aW9u"
    "UgZyb3V0ZXMimgEKEFJvdXRlRXhwbGFuYXRpb24SGAoHYWNjb3VudBgBIAEoCVIHYWNjb3VudBIUCgVtb2RlbBgC"
    "IAEoCVIFbW9kZWwSPgoLY29uc3RyYWludHMYAyADKAsyHC5taWxscmFjZS5qb2JzLnYxLkNvbnN0cmFpbnRSC2Nv"
    "bnN0cmFpbnRzEhYKBmZhaWxlZBgEIAEoCFIGZmFpbGVkIvMBCgpDb25zdHJhaW50EjQKBGtpbmQYASABKA4yIC5t"
    "aWxscmFjZS5qb2JzLnYxLkNvbnN0cmFpbnRLaW5kUgRraW5kEhgKB3N1YmplY3QYAiABKAlSB3N1YmplY3QSFAoF"
    "bGltaXQYAyABKARSBWxpbWl0EhIKBHVzZWQYBCABKARSBHVzZWQSFgoGbmVlZGVkGAUgASgEUgZuZWVkZWQSOQoK"
    "Y2xlYXJfdGltZRgGIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSCWNsZWFyVGltZRIYCgdtZXNzYWdl"
    "GAcgASgJUgdtZXNzYWdlIpwBChVDcmVhdGVKb2JUb2tlblJlcXVlc3QSFQoGam9iX2lkGAEgASgJUgVqb2JJZBI1"
    "CgVyaWdodBgCIAEoDjIfLm1pbGxyYWNlLmpvYnMudjEuSm9iVG9rZW5SaWdodFIFcmlnaHQSNQoIbGlmZXRpbWUY"
    "AyABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRpb25SCGxpZmV0aW1lIqIBChZDcmVhdGVKb2JUb2tlblJlc3Bv"
    "bnNlEhQKBXRva2VuGAEgASgJUgV0b2tlbhI7CgtleHBpcmVfdGltZRgCIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5U"
    "aW1lc3RhbXBSCmV4cGlyZVRpbWUSNQoFcmlnaHQYAyABKA4yHy5taWxscmFjZS5qb2JzLnYxLkpvYlRva2VuUmln"
    "aHRSBXJpZ2h0KqsFCg5Db25zdHJhaW50S2luZBIfChtDT05TVFJBSU5UX0tJTkRfVU5TUEVDSUZJRUQQABIdChlD"
    "T05TVFJBSU5UX0tJTkRfU0NIRURVTEVEEAESIAocQ09OU1RSQUlOVF9LSU5EX1FVRVVFX1BBVVNFRBACEiAKHENP"
    "TlNUUkFJTlRfS0lORF9LRVlfUkVRVUVTVFMQAxIeChpDT05TVFJBSU5UX0tJTkRfS0VZX1RPS0VOUxAEEiQKIENP"
    "TlNUUkFJTlRfS0lORF9LRVlfREFJTFlfVE9LRU5TEAUSIwofQ09OU1RSQUlOVF9LSU5EX0tFWV9DT05DVVJSRU5D"
    "WRAGEiUKIUNPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9SRVFVRVNUUxAHEiMKH0NPTlNUUkFJTlRfS0lORF9QUk9W"
    "SURFUl9UT0tFTlMQCBIoCiRDT05TVFJBSU5UX0tJTkRfUFJPVklERVJfQ09OQ1VSUkVOQ1kQCRIlCiFDT05TVFJB"
    "SU5UX0tJTkRfUFJPVklERVJfQ09PTERPV04QChImCiJDT05TVFJBSU5UX0tJTkRfUFJPVklERVJfRVhIQVVTVEVE"
    "EAsSHgoaQ09OU1RSQUlOVF9LSU5EX0xBTkVfT1JERVIQDBIiCh5DT05TVFJBSU5UX0tJTkRfTk9fRlJFRV9XT1JL"
    "RVIQDRIhCh1DT05TVFJBSU5UX0tJTkRfUFJPVklERVJfRE9XThAOEhwKGENPTlNUUkFJTlRfS0lORF9DSElMRFJF"
    "ThAPEiMKH0NPTlNUUkFJTlRfS0lORF9HUk9VUF9JTl9GTElHSFQQEBIdChlDT05TVFJBSU5UX0tJTkRfTk9fV09S"
    "S0VSEBESHAoYQ09OU1RSQUlOVF9LSU5EX05PX1JPVVRFEBIqZgoNSm9iVG9rZW5SaWdodBIfChtKT0JfVE9LRU5f"
    "UklHSFRfVU5TUEVDSUZJRUQQABIYChRKT0JfVE9LRU5fUklHSFRfUkVBRBABEhoKFkpPQl9UT0tFTl9SSUdIVF9D"
    "QU5DRUwQAjLTBwoKSm9iU2VydmljZRJUCglTdWJtaXRKb2ISIi5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdEpvYlJl"
    "cXVlc3QaIy5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdEpvYlJlc3BvbnNlElcKClN1Ym1pdEpvYnMSIy5taWxscmFj"
    "ZS5qb2JzLnYxLlN1Ym1pdEpvYnNSZXF1ZXN0GiQubWlsbHJhY2Uuam9icy52MS5TdWJtaXRKb2JzUmVzcG9uc2US"
    "YQoMU3VibWl0U3RyZWFtEiUubWlsbHJhY2Uuam9icy52MS5TdWJtaXRTdHJlYW1SZXF1ZXN0GiYubWlsbHJhY2Uu"
    "am9icy52MS5TdWJtaXRTdHJlYW1SZXNwb25zZSgBMAESSwoGR2V0Sm9iEh8ubWlsbHJhY2Uuam9icy52MS5HZXRK"
    "b2JSZXF1ZXN0GiAubWlsbHJhY2Uuam9icy52MS5HZXRKb2JSZXNwb25zZRJRCghMaXN0Sm9icxIhLm1pbGxyYWNl"
    "LmpvYnMudjEuTGlzdEpvYnNSZXF1ZXN0GiIubWlsbHJhY2Uuam9icy52MS5MaXN0Sm9ic1Jlc3BvbnNlElMKCFdh"
    "dGNoSm9iEiEubWlsbHJhY2Uuam9icy52MS5XYXRjaEpvYlJlcXVlc3QaIi5taWxscmFjZS5qb2JzLnYxLldhdGNo"
    "Sm9iUmVzcG9uc2UwARJUCglDYW5jZWxKb2ISIi5taWxscmFjZS5qb2JzLnYxLkNhbmNlbEpvYlJlcXVlc3QaIy5t"
    "aWxscmFjZS5qb2JzLnYxLkNhbmNlbEpvYlJlc3BvbnNlElcKCkV4cGxhaW5Kb2ISIy5taWxscmFjZS5qb2JzLnYx"
    "LkV4cGxhaW5Kb2JSZXF1ZXN0GiQubWlsbHJhY2Uuam9icy52MS5FeHBsYWluSm9iUmVzcG9uc2USYwoOQ3JlYXRl"
    "Sm9iVG9rZW4SJy5taWxscmFjZS5qb2JzLnYxLkNyZWF0ZUpvYlRva2VuUmVxdWVzdBooLm1pbGxyYWNlLmpvYnMu"
    "djEuQ3JlYXRlSm9iVG9rZW5SZXNwb25zZRJUCglMaXN0U3BlbmQSIi5taWxscmFjZS5qb2JzLnYxLkxpc3RTcGVu"
    "ZFJlcXVlc3QaIy5taWxscmFjZS5qb2JzLnYxLkxpc3RTcGVuZFJlc3BvbnNlElQKCVF1b3RlSm9icxIiLm1pbGxy"
    "YWNlLmpvYnMudjEuUXVvdGVKb2JzUmVxdWVzdBojLm1pbGxyYWNlLmpvYnMudjEuUXVvdGVKb2JzUmVzcG9uc2Vi"
    "BnByb3RvMw=="
)

QuoteJobsRequest = _pool.message_class("millrace.jobs.v1.QuoteJobsRequest")
QuoteJobsResponse = _pool.message_class("millrace.jobs.v1.QuoteJobsResponse")
JobQuote = _pool.message_class("millrace.jobs.v1.JobQuote")
QuotedRange = _pool.message_class("millrace.jobs.v1.QuotedRange")
QuotedTimes = _pool.message_class("millrace.jobs.v1.QuotedTimes")
QuoteSum = _pool.message_class("millrace.jobs.v1.QuoteSum")
ListSpendRequest = _pool.message_class("millrace.jobs.v1.ListSpendRequest")
ListSpendResponse = _pool.message_class("millrace.jobs.v1.ListSpendResponse")
SubmitJobRequest = _pool.message_class("millrace.jobs.v1.SubmitJobRequest")
SubmitJobResponse = _pool.message_class("millrace.jobs.v1.SubmitJobResponse")
SubmitJobsRequest = _pool.message_class("millrace.jobs.v1.SubmitJobsRequest")
SubmitJobsResponse = _pool.message_class("millrace.jobs.v1.SubmitJobsResponse")
SubmitResult = _pool.message_class("millrace.jobs.v1.SubmitResult")
SubmitStreamRequest = _pool.message_class("millrace.jobs.v1.SubmitStreamRequest")
SubmitStreamJob = _pool.message_class("millrace.jobs.v1.SubmitStreamJob")
SubmitStreamResponse = _pool.message_class("millrace.jobs.v1.SubmitStreamResponse")
SubmitStreamResult = _pool.message_class("millrace.jobs.v1.SubmitStreamResult")
GetJobRequest = _pool.message_class("millrace.jobs.v1.GetJobRequest")
GetJobResponse = _pool.message_class("millrace.jobs.v1.GetJobResponse")
ListJobsRequest = _pool.message_class("millrace.jobs.v1.ListJobsRequest")
ListJobsResponse = _pool.message_class("millrace.jobs.v1.ListJobsResponse")
WatchJobRequest = _pool.message_class("millrace.jobs.v1.WatchJobRequest")
WatchJobResponse = _pool.message_class("millrace.jobs.v1.WatchJobResponse")
OutputChunks = _pool.message_class("millrace.jobs.v1.OutputChunks")
CancelJobRequest = _pool.message_class("millrace.jobs.v1.CancelJobRequest")
CancelJobResponse = _pool.message_class("millrace.jobs.v1.CancelJobResponse")
ExplainJobRequest = _pool.message_class("millrace.jobs.v1.ExplainJobRequest")
ExplainJobResponse = _pool.message_class("millrace.jobs.v1.ExplainJobResponse")
RouteExplanation = _pool.message_class("millrace.jobs.v1.RouteExplanation")
Constraint = _pool.message_class("millrace.jobs.v1.Constraint")
CreateJobTokenRequest = _pool.message_class("millrace.jobs.v1.CreateJobTokenRequest")
CreateJobTokenResponse = _pool.message_class("millrace.jobs.v1.CreateJobTokenResponse")
ConstraintKind = _pool.enum_names("millrace.jobs.v1.ConstraintKind")
CONSTRAINT_KIND_UNSPECIFIED = 0
CONSTRAINT_KIND_SCHEDULED = 1
CONSTRAINT_KIND_QUEUE_PAUSED = 2
CONSTRAINT_KIND_KEY_REQUESTS = 3
CONSTRAINT_KIND_KEY_TOKENS = 4
CONSTRAINT_KIND_KEY_DAILY_TOKENS = 5
CONSTRAINT_KIND_KEY_CONCURRENCY = 6
CONSTRAINT_KIND_PROVIDER_REQUESTS = 7
CONSTRAINT_KIND_PROVIDER_TOKENS = 8
CONSTRAINT_KIND_PROVIDER_CONCURRENCY = 9
CONSTRAINT_KIND_PROVIDER_COOLDOWN = 10
CONSTRAINT_KIND_PROVIDER_EXHAUSTED = 11
CONSTRAINT_KIND_LANE_ORDER = 12
CONSTRAINT_KIND_NO_FREE_WORKER = 13
CONSTRAINT_KIND_PROVIDER_DOWN = 14
CONSTRAINT_KIND_CHILDREN = 15
CONSTRAINT_KIND_GROUP_IN_FLIGHT = 16
CONSTRAINT_KIND_NO_WORKER = 17
CONSTRAINT_KIND_NO_ROUTE = 18
JobTokenRight = _pool.enum_names("millrace.jobs.v1.JobTokenRight")
JOB_TOKEN_RIGHT_UNSPECIFIED = 0
JOB_TOKEN_RIGHT_READ = 1
JOB_TOKEN_RIGHT_CANCEL = 2


class JobService:
    SubmitJob = _pool.UnaryUnary("/millrace.jobs.v1.JobService/SubmitJob", "millrace.jobs.v1.SubmitJobRequest", "millrace.jobs.v1.SubmitJobResponse")
    SubmitJobs = _pool.UnaryUnary("/millrace.jobs.v1.JobService/SubmitJobs", "millrace.jobs.v1.SubmitJobsRequest", "millrace.jobs.v1.SubmitJobsResponse")
    SubmitStream = _pool.StreamStream("/millrace.jobs.v1.JobService/SubmitStream", "millrace.jobs.v1.SubmitStreamRequest", "millrace.jobs.v1.SubmitStreamResponse")
    GetJob = _pool.UnaryUnary("/millrace.jobs.v1.JobService/GetJob", "millrace.jobs.v1.GetJobRequest", "millrace.jobs.v1.GetJobResponse")
    ListJobs = _pool.UnaryUnary("/millrace.jobs.v1.JobService/ListJobs", "millrace.jobs.v1.ListJobsRequest", "millrace.jobs.v1.ListJobsResponse")
    WatchJob = _pool.UnaryStream("/millrace.jobs.v1.JobService/WatchJob", "millrace.jobs.v1.WatchJobRequest", "millrace.jobs.v1.WatchJobResponse")
    CancelJob = _pool.UnaryUnary("/millrace.jobs.v1.JobService/CancelJob", "millrace.jobs.v1.CancelJobRequest", "millrace.jobs.v1.CancelJobResponse")
    ExplainJob = _pool.UnaryUnary("/millrace.jobs.v1.JobService/ExplainJob", "millrace.jobs.v1.ExplainJobRequest", "millrace.jobs.v1.ExplainJobResponse")
    CreateJobToken = _pool.UnaryUnary("/millrace.jobs.v1.JobService/CreateJobToken", "millrace.jobs.v1.CreateJobTokenRequest", "millrace.jobs.v1.CreateJobTokenResponse")
    ListSpend = _pool.UnaryUnary("/millrace.jobs.v1.JobService/ListSpend", "millrace.jobs.v1.ListSpendRequest", "millrace.jobs.v1.ListSpendResponse")
    QuoteJobs = _pool.UnaryUnary("/millrace.jobs.v1.JobService/QuoteJobs", "millrace.jobs.v1.QuoteJobsRequest", "millrace.jobs.v1.QuoteJobsResponse")

# Generated from millrace/jobs/v1/spend.proto by `pnpm generate`. Do not edit.
from millrace import _pool

_pool.add_file(
    "ChxtaWxscmFjZS9qb2JzL3YxL3NwZW5kLnByb3RvEhBtaWxscmFjZS5qb2JzLnYxIuABCgtTcGVuZEZpbHRlchIb"
    "CglmaXJzdF9kYXkYASABKAlSCGZpcnN0RGF5EhkKCGxhc3RfZGF5GAIgASgJUgdsYXN0RGF5EjoKCGdyb3VwX2J5"
    "GAMgAygOMh8ubWlsbHJhY2Uuam9icy52MS5TcGVuZEdyb3VwaW5nUgdncm91cEJ5EiEKDGdyb3VwX2xhYmVscxgE"
    "IAMoCVILZ3JvdXBMYWJlbHMSGwoJcGFnZV9zaXplGAUgASgNUghwYWdlU2l6ZRIdCgpwYWdlX3Rva2VuGAYgASgJ"
    "UglwYWdlVG9rZW4iYwoJU3BlbmRQYWdlEi4KBHJvd3MYASADKAsyGi5taWxscmFjZS5qb2JzLnYxLlNwZW5kUm93"
    "UgRyb3dzEiYKD25leHRfcGFnZV90b2tlbhgCIAEoCVINbmV4dFBhZ2VUb2tlbiK1BAoIU3BlbmRSb3cSEAoDZGF5"
    "GAEgASgJUgNkYXkSFQoGa2V5X2lkGAIgASgJUgVrZXlJZBIUCgVtb2RlbBgDIAEoCVIFbW9kZWwSGAoHYWNjb3Vu"
    "dBgEIAEoCVIHYWNjb3VudBI+CgZsYWJlbHMYBSADKAsyJi5taWxscmFjZS5qb2JzLnYxLlNwZW5kUm93LkxhYmVs"
    "c0VudHJ5UgZsYWJlbHMSIQoMb3RoZXJfbGFiZWxzGAYgASgIUgtvdGhlckxhYmVscxIaCghhdHRlbXB0cxgHIAEo"
    "BFIIYXR0ZW1wdHMSKwoRdW5wcmljZWRfYXR0ZW1wdHMYCCABKARSEHVucHJpY2VkQXR0ZW1wdHMSIQoMaW5wdXRf"
    "dG9rZW5zGAkgASgEUgtpbnB1dFRva2VucxIuChNjYWNoZWRfaW5wdXRfdG9rZW5zGAogASgEUhFjYWNoZWRJbnB1"
    "dFRva2VucxIjCg1vdXRwdXRfdG9rZW5zGAsgASgEUgxvdXRwdXRUb2tlbnMSKQoQcmVhc29uaW5nX3Rva2VucxgM"
    "IAEoBFIPcmVhc29uaW5nVG9rZW5zEiUKDnByb3ZpZGVyX2NhbGxzGA0gASgEUg1wcm92aWRlckNhbGxzEh8KC2Nv"
    "c3RfbWljcm9zGA4gASgEUgpjb3N0TWljcm9zGjkKC0xhYmVsc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZh"
    "bHVlGAIgASgJUgV2YWx1ZToCOAEqlQEKDVNwZW5kR3JvdXBpbmcSHgoaU1BFTkRfR1JPVVBJTkdfVU5TUEVDSUZJ"
    "RUQQABIWChJTUEVORF9HUk9VUElOR19EQVkQARIWChJTUEVORF9HUk9VUElOR19LRVkQAhIYChRTUEVORF9HUk9V"
    "UElOR19NT0RFTBADEhoKFlNQRU5EX0dST1VQSU5HX0FDQ09VTlQQBGIGcHJvdG8z"
)

SpendFilter = _pool.message_class("millrace.jobs.v1.SpendFilter")
SpendPage = _pool.message_class("millrace.jobs.v1.SpendPage")
SpendRow = _pool.message_class("millrace.jobs.v1.SpendRow")
SpendGrouping = _pool.enum_names("millrace.jobs.v1.SpendGrouping")
SPEND_GROUPING_UNSPECIFIED = 0
SPEND_GROUPING_DAY = 1
SPEND_GROUPING_KEY = 2
SPEND_GROUPING_MODEL = 3
SPEND_GROUPING_ACCOUNT = 4

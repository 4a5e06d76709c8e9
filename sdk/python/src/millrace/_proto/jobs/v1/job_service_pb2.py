# Generated from millrace/jobs/v1/job_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.google.rpc.status_pb2
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.jobs.v1.spend_pb2

_pool.add_file(
    "CiJtaWxscmFjZS9qb2JzL3YxL2pvYl9zZXJ2aWNlLnByb3RvEhBtaWxscmFjZS5qb2JzLnYxGh5nb29nbGUvcHJv"
    "dG9idWYvZHVyYXRpb24ucHJvdG8aH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAucHJvdG8aF2dvb2dsZS9ycGMv"
    "c3RhdHVzLnByb3RvGhptaWxscmFjZS9qb2JzL3YxL2pvYi5wcm90bxocbWlsbHJhY2Uvam9icy92MS9zcGVuZC5w"
    "cm90byJJChBMaXN0U3BlbmRSZXF1ZXN0EjUKBmZpbHRlchgBIAEoCzIdLm1pbGxyYWNlLmpvYnMudjEuU3BlbmRG"
    "aWx0ZXJSBmZpbHRlciJEChFMaXN0U3BlbmRSZXNwb25zZRIvCgRwYWdlGAEgASgLMhsubWlsbHJhY2Uuam9icy52"
    "MS5TcGVuZFBhZ2VSBHBhZ2UibgoQU3VibWl0Sm9iUmVxdWVzdBIrCgNqb2IYASABKAsyGS5taWxscmFjZS5qb2Jz"
    "LnYxLkpvYlNwZWNSA2pvYhItCgR3YWl0GAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUgR3YWl0IlgK"
    "EVN1Ym1pdEpvYlJlc3BvbnNlEicKA2pvYhgBIAEoCzIVLm1pbGxyYWNlLmpvYnMudjEuSm9iUgNqb2ISGgoIZXhp"
    "c3RpbmcYAiABKAhSCGV4aXN0aW5nIkIKEVN1Ym1pdEpvYnNSZXF1ZXN0Ei0KBGpvYnMYASADKAsyGS5taWxscmFj"
    "ZS5qb2JzLnYxLkpvYlNwZWNSBGpvYnMiTgoSU3VibWl0Sm9ic1Jlc3BvbnNlEjgKB3Jlc3VsdHMYASADKAsyHi5t"
    "aWxscmFjZS5qb2JzLnYxLlN1Ym1pdFJlc3VsdFIHcmVzdWx0cyKUAQoMU3VibWl0UmVzdWx0EhcKBmpvYl9pZBgB"
    "IAEoCUgAUgVqb2JJZBIqCgVlcnJvchgCIAEoCzISLmdvb2dsZS5ycGMuU3RhdHVzSABSBWVycm9yEhoKCGV4aXN0"
    "aW5nGAMgASgIUghleGlzdGluZxIZCgh0cmFjZV9pZBgEIAEoCVIHdHJhY2VJZEIICgZyZXN1bHQiwQEKE1N1Ym1p"
    "dFN0cmVhbVJlcXVlc3QSNQoEam9icxgBIAMoCzIhLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0U3RyZWFtSm9iUgRq"
    "b2JzEicKD25vdGlmeV9maW5pc2hlZBgCIAEoCFIObm90aWZ5RmluaXNoZWQSJAoObm90aWZ5X2pvYl9pZHMYAyAD"
    "KAlSDG5vdGlmeUpvYklkcxIkCg5mb3JnZXRfam9iX2lkcxgEIAMoCVIMZm9yZ2V0Sm9iSWRzIloKD1N1Ym1pdFN0"
    "cmVhbUpvYhIaCghzZXF1ZW5jZRgBIAEoBFIIc2VxdWVuY2USKwoDam9iGAIgASgLMhkubWlsbHJhY2Uuam9icy52"
    "MS5Kb2JTcGVjUgNqb2IiqwEKFFN1Ym1pdFN0cmVhbVJlc3BvbnNlEj4KB3Jlc3VsdHMYASADKAsyJC5taWxscmFj"
    "ZS5qb2JzLnYxLlN1Ym1pdFN0cmVhbVJlc3VsdFIHcmVzdWx0cxIxCghmaW5pc2hlZBgCIAMoCzIVLm1pbGxyYWNl"
    "LmpvYnMudjEuSm9iUghmaW5pc2hlZBIgCgxnb25lX2pvYl9pZHMYAyADKAlSCmdvbmVKb2JJZHMiaAoSU3VibWl0"
    "U3RyZWFtUmVzdWx0EhoKCHNlcXVlbmNlGAEgASgEUghzZXF1ZW5jZRI2CgZyZXN1bHQYAiABKAsyHi5taWxscmFj"
    "ZS5qb2JzLnYxLlN1Ym1pdFJlc3VsdFIGcmVzdWx0IlUKDUdldEpvYlJlcXVlc3QSFQoGam9iX2lkGAEgASgJUgVq"
    "b2JJZBItCgR3YWl0GAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUgR3YWl0IjkKDkdldEpvYlJlc3Bv"
    "bnNlEicKA2pvYhgBIAEoCzIVLm1pbGxyYWNlLmpvYnMudjEuSm9iUgNqb2IiwQEKD0xpc3RKb2JzUmVxdWVzdBIU"
    "CgVxdWV1ZRgBIAEoCVIFcXVldWUSMgoGc3RhdGVzGAIgAygOMhoubWlsbHJhY2Uuam9icy52MS5Kb2JTdGF0ZVIG"
    "c3RhdGVzEhIKBHR5cGUYAyABKAlSBHR5cGUSFAoFbGFiZWwYBCABKAlSBWxhYmVsEhsKCXBhZ2Vfc2l6ZRgFIAEo"
    "DVIIcGFnZVNpemUSHQoKcGFnZV90b2tlbhgGIAEoCVIJcGFnZVRva2VuImUKEExpc3RKb2JzUmVzcG9uc2USKQoE"
    "am9icxgBIAMoCzIVLm1pbGxyYWNlLmpvYnMudjEuSm9iUgRqb2JzEiYKD25leHRfcGFnZV90b2tlbhgCIAEoCVIN"
    "bmV4dFBhZ2VUb2tlbiJJCg9XYXRjaEpvYlJlcXVlc3QSFQoGam9iX2lkGAEgASgJUgVqb2JJZBIfCgtmcm9tX29m"
    "ZnNldBgCIAEoBFIKZnJvbU9mZnNldCKAAQoQV2F0Y2hKb2JSZXNwb25zZRIpCgNqb2IYASABKAsyFS5taWxscmFj"
    "ZS5qb2JzLnYxLkpvYkgAUgNqb2ISOAoGY2h1bmtzGAIgASgLMh4ubWlsbHJhY2Uuam9icy52MS5PdXRwdXRDaHVu"
    "a3NIAFIGY2h1bmtzQgcKBWV2ZW50IkUKDE91dHB1dENodW5rcxI1CgZjaHVua3MYASADKAsyHS5taWxscmFjZS5q"
    "b2JzLnYxLk91dHB1dENodW5rUgZjaHVua3MiQQoQQ2FuY2VsSm9iUmVxdWVzdBIVCgZqb2JfaWQYASABKAlSBWpv"
    "YklkEhYKBnJlYXNvbhgCIAEoCVIGcmVhc29uIjwKEUNhbmNlbEpvYlJlc3BvbnNlEicKA2pvYhgBIAEoCzIVLm1p"
    "bGxyYWNlLmpvYnMudjEuSm9iUgNqb2IiKgoRRXhwbGFpbkpvYlJlcXVlc3QSFQoGam9iX2lkGAEgASgJUgVqb2JJ"
    "ZCLaAwoSRXhwbGFpbkpvYlJlc3BvbnNlEjAKBXN0YXRlGAEgASgOMhoubWlsbHJhY2Uuam9icy52MS5Kb2JTdGF0"
    "ZVIFc3RhdGUSPgoLY29uc3RyYWludHMYAiADKAsyHC5taWxscmFjZS5qb2JzLnYxLkNvbnN0cmFpbnRSC2NvbnN0"
    "cmFpbnRzEiIKDWFoZWFkX2luX2xhbmUYAyABKARSC2FoZWFkSW5MYW5lEkwKFGVzdGltYXRlZF9zdGFydF90aW1l"
    "GAQgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFISZXN0aW1hdGVkU3RhcnRUaW1lEiUKDmVzdGltYXRl"
    "X2Jhc2lzGAUgASgJUg1lc3RpbWF0ZUJhc2lzEh8KC3NjaGVkdWxlX2lkGAYgASgJUgpzY2hlZHVsZUlkEkYKEXNj"
    "aGVkdWxlX2R1ZV90aW1lGAcgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIPc2NoZWR1bGVEdWVUaW1l"
    "EhQKBW1vZGVsGAggASgJUgVtb2RlbBI6CgZyb3V0ZXMYCSADKAsyIi5taWxscmFjZS5qb2JzLnYxLlJvdXRlRXhw"
    "bGFuYXRpb25SBnJvdXRlcyKaAQoQUm91dGVFeHBsYW5hdGlvbhIYCgdhY2NvdW50GAEgASgJUgdhY2NvdW50EhQK"
    "BW1vZGVsGAIgASgJUgVtb2RlbBI+Cgtjb25zdHJhaW50cxgDIAMoCzIcLm1pbGxyYWNlLmpvYnMudjEuQ29uc3Ry"
    "YWludFILY29uc3RyYWludHMSFgoGZmFpbGVkGAQgASgIUgZmYWlsZWQi8wEKCkNvbnN0cmFpbnQSNAoEa2luZBgB"
    "IAEoDjIgLm1pbGxyYWNlLmpvYnMudjEuQ29uc3RyYWludEtpbmRSBGtpbmQSGAoHc3ViamVjdBgCIAEoCVIHc3Vi"
    "amVjdBIUCgVsaW1pdBgDIAEoBFIFbGltaXQSEgoEdXNlZBgEIAEoBFIEdXNlZBIWCgZuZWVkZWQYBSABKARSBm5l"
    "ZWRlZBI5CgpjbGVhcl90aW1lGAYgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIJY2xlYXJUaW1lEhgK"
    "B21lc3NhZ2UYByABKAlSB21lc3NhZ2UinAEKFUNyZWF0ZUpvYlRva2VuUmVxdWVzdBIVCgZqb2JfaWQYASABKAlS"
    "BWpvYklkEjUKBXJpZ2h0GAIgASgOMh8ubWlsbHJhY2Uuam9icy52MS5Kb2JUb2tlblJpZ2h0UgVyaWdodBI1Cghs"
    "aWZldGltZRgDIAEoCzIZLmdvb2dsZS5wcm90b2J1Zi5EdXJhdGlvblIIbGlmZXRpbWUiogEKFkNyZWF0ZUpvYlRv"
    "a2VuUmVzcG9uc2USFAoFdG9rZW4YASABKAlSBXRva2VuEjsKC2V4cGlyZV90aW1lGAIgASgLMhouZ29vZ2xlLnBy"
    "b3RvYnVmLlRpbWVzdGFtcFIKZXhwaXJlVGltZRI1CgVyaWdodBgDIAEoDjIfLm1pbGxyYWNlLmpvYnMudjEuSm9i"
    "VG9rZW5SaWdodFIFcmlnaHQqqwUKDkNvbnN0cmFpbnRLaW5kEh8KG0NPTlNUUkFJTlRfS0lORF9VTlNQRUNJRklF"
    "RBAAEh0KGUNPTlNUUkFJTlRfS0lORF9TQ0hFRFVMRUQQARIgChxDT05TVFJBSU5UX0tJTkRfUVVFVUVfUEFVU0VE"
    "EAISIAocQ09OU1RSQUlOVF9LSU5EX0tFWV9SRVFVRVNUUxADEh4KGkNPTlNUUkFJTlRfS0lORF9LRVlfVE9LRU5T"
    "EAQSJAogQ09OU1RSQUlOVF9LSU5EX0tFWV9EQUlMWV9UT0tFTlMQBRIjCh9DT05TVFJBSU5UX0tJTkRfS0VZX0NP"
    "TkNVUlJFTkNZEAYSJQohQ09OU1RSQUlOVF9LSU5EX1BST1ZJREVSX1JFUVVFU1RTEAcSIwofQ09OU1RSQUlOVF9L"
    "SU5EX1BST1ZJREVSX1RPS0VOUxAIEigKJENPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9DT05DVVJSRU5DWRAJEiUK"
    "IUNPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9DT09MRE9XThAKEiYKIkNPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9F"
    "WEhBVVNURUQQCxIeChpDT05TVFJBSU5UX0tJTkRfTEFORV9PUkRFUhAMEiIKHkNPTlNUUkFJTlRfS0lORF9OT19G"
    "UkVFX1dPUktFUhANEiEKHUNPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9ET1dOEA4SHAoYQ09OU1RSQUlOVF9LSU5E"
    "X0NISUxEUkVOEA8SIwofQ09OU1RSQUlOVF9LSU5EX0dST1VQX0lOX0ZMSUdIVBAQEh0KGUNPTlNUUkFJTlRfS0lO"
    "RF9OT19XT1JLRVIQERIcChhDT05TVFJBSU5UX0tJTkRfTk9fUk9VVEUQEipmCg1Kb2JUb2tlblJpZ2h0Eh8KG0pP"
    "Ql9UT0tFTl9SSUdIVF9VTlNQRUNJRklFRBAAEhgKFEpPQl9UT0tFTl9SSUdIVF9SRUFEEAESGgoWSk9CX1RPS0VO"
    "X1JJR0hUX0NBTkNFTBACMv0GCgpKb2JTZXJ2aWNlElQKCVN1Ym1pdEpvYhIiLm1pbGxyYWNlLmpvYnMudjEuU3Vi"
    "bWl0Sm9iUmVxdWVzdBojLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0Sm9iUmVzcG9uc2USVwoKU3VibWl0Sm9icxIj"
    "Lm1pbGxyYWNlLmpvYnMudjEuU3VibWl0Sm9ic1JlcXVlc3QaJC5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdEpvYnNS"
    "ZXNwb25zZRJhCgxTdWJtaXRTdHJlYW0SJS5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdFN0cmVhbVJlcXVlc3QaJi5t"
    "aWxscmFjZS5qb2JzLnYxLlN1Ym1pdFN0cmVhbVJlc3BvbnNlKAEwARJLCgZHZXRKb2ISHy5taWxscmFjZS5qb2Jz"
    "LnYxLkdldEpvYlJlcXVlc3QaIC5taWxscmFjZS5qb2JzLnYxLkdldEpvYlJlc3BvbnNlElEKCExpc3RKb2JzEiEu"
    "bWlsbHJhY2Uuam9icy52MS5MaXN0Sm9ic1JlcXVlc3QaIi5taWxscmFjZS5qb2JzLnYxLkxpc3RKb2JzUmVzcG9u"
    "c2USUwoIV2F0Y2hKb2ISIS5taWxscmFjZS5qb2JzLnYxLldhdGNoSm9iUmVxdWVzdBoiLm1pbGxyYWNlLmpvYnMu"
    "djEuV2F0Y2hKb2JSZXNwb25zZTABElQKCUNhbmNlbEpvYhIiLm1pbGxyYWNlLmpvYnMudjEuQ2FuY2VsSm9iUmVx"
    "dWVzdBojLm1pbGxyYWNlLmpvYnMudjEuQ2FuY2VsSm9iUmVzcG9uc2USVwoKRXhwbGFpbkpvYhIjLm1pbGxyYWNl"
    "LmpvYnMudjEuRXhwbGFpbkpvYlJlcXVlc3QaJC5taWxscmFjZS5qb2JzLnYxLkV4cGxhaW5Kb2JSZXNwb25zZRJj"
    "Cg5DcmVhdGVKb2JUb2tlbhInLm1pbGxyYWNlLmpvYnMudjEuQ3JlYXRlSm9iVG9rZW5SZXF1ZXN0GigubWlsbHJh"
    "Y2Uuam9icy52MS5DcmVhdGVKb2JUb2tlblJlc3BvbnNlElQKCUxpc3RTcGVuZBIiLm1pbGxyYWNlLmpvYnMudjEu"
    "TGlzdFNwZW5kUmVxdWVzdBojLm1pbGxyYWNlLmpvYnMudjEuTGlzdFNwZW5kUmVzcG9uc2ViBnByb3RvMw=="
)

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

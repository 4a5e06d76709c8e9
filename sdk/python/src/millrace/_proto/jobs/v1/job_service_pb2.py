# Generated from millrace/jobs/v1/job_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.google.rpc.status_pb2
import millrace._proto.jobs.v1.job_pb2

_pool.add_file(
    "CiJtaWxscmFjZS9qb2JzL3YxL2pvYl9zZXJ2aWNlLnByb3RvEhBtaWxscmFjZS5qb2JzLnYxGh5nb29nbGUvcHJv"
    "dG9idWYvZHVyYXRpb24ucHJvdG8aH2dvb2dsZS9wcm90b2J1Zi90aW1lc3RhbXAucHJvdG8aF2dvb2dsZS9ycGMv"
    "c3RhdHVzLnByb3RvGhptaWxscmFjZS9qb2JzL3YxL2pvYi5wcm90byJuChBTdWJtaXRKb2JSZXF1ZXN0EisKA2pv"
    "YhgBIAEoCzIZLm1pbGxyYWNlLmpvYnMudjEuSm9iU3BlY1IDam9iEi0KBHdhaXQYAiABKAsyGS5nb29nbGUucHJv"
    "dG9idWYuRHVyYXRpb25SBHdhaXQiWAoRU3VibWl0Sm9iUmVzcG9uc2USJwoDam9iGAEgASgLMhUubWlsbHJhY2Uu"
    "am9icy52MS5Kb2JSA2pvYhIaCghleGlzdGluZxgCIAEoCFIIZXhpc3RpbmciQgoRU3VibWl0Sm9ic1JlcXVlc3QS"
    "LQoEam9icxgBIAMoCzIZLm1pbGxyYWNlLmpvYnMudjEuSm9iU3BlY1IEam9icyJOChJTdWJtaXRKb2JzUmVzcG9u"
    "c2USOAoHcmVzdWx0cxgBIAMoCzIeLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0UmVzdWx0UgdyZXN1bHRzIpQBCgxT"
    "dWJtaXRSZXN1bHQSFwoGam9iX2lkGAEgASgJSABSBWpvYklkEioKBWVycm9yGAIgASgLMhIuZ29vZ2xlLnJwYy5T"
    "dGF0dXNIAFIFZXJyb3ISGgoIZXhpc3RpbmcYAyABKAhSCGV4aXN0aW5nEhkKCHRyYWNlX2lkGAQgASgJUgd0cmFj"
    "ZUlkQggKBnJlc3VsdCLBAQoTU3VibWl0U3RyZWFtUmVxdWVzdBI1CgRqb2JzGAEgAygLMiEubWlsbHJhY2Uuam9i"
    "cy52MS5TdWJtaXRTdHJlYW1Kb2JSBGpvYnMSJwoPbm90aWZ5X2ZpbmlzaGVkGAIgASgIUg5ub3RpZnlGaW5pc2hl"
    "ZBIkCg5ub3RpZnlfam9iX2lkcxgDIAMoCVIMbm90aWZ5Sm9iSWRzEiQKDmZvcmdldF9qb2JfaWRzGAQgAygJUgxm"
    "b3JnZXRKb2JJZHMiWgoPU3VibWl0U3RyZWFtSm9iEhoKCHNlcXVlbmNlGAEgASgEUghzZXF1ZW5jZRIrCgNqb2IY"
    "AiABKAsyGS5taWxscmFjZS5qb2JzLnYxLkpvYlNwZWNSA2pvYiKrAQoUU3VibWl0U3RyZWFtUmVzcG9uc2USPgoH"
    "cmVzdWx0cxgBIAMoCzIkLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0U3RyZWFtUmVzdWx0UgdyZXN1bHRzEjEKCGZp"
    "bmlzaGVkGAIgAygLMhUubWlsbHJhY2Uuam9icy52MS5Kb2JSCGZpbmlzaGVkEiAKDGdvbmVfam9iX2lkcxgDIAMo"
    "CVIKZ29uZUpvYklkcyJoChJTdWJtaXRTdHJlYW1SZXN1bHQSGgoIc2VxdWVuY2UYASABKARSCHNlcXVlbmNlEjYK"
    "BnJlc3VsdBgCIAEoCzIeLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0UmVzdWx0UgZyZXN1bHQiVQoNR2V0Sm9iUmVx"
    "dWVzdBIVCgZqb2JfaWQYASABKAlSBWpvYklkEi0KBHdhaXQYAiABKAsyGS5nb29nbGUucHJvdG9idWYuRHVyYXRp"
    "b25SBHdhaXQiOQoOR2V0Sm9iUmVzcG9uc2USJwoDam9iGAEgASgLMhUubWlsbHJhY2Uuam9icy52MS5Kb2JSA2pv"
    "YiLBAQoPTGlzdEpvYnNSZXF1ZXN0EhQKBXF1ZXVlGAEgASgJUgVxdWV1ZRIyCgZzdGF0ZXMYAiADKA4yGi5taWxs"
    "cmFjZS5qb2JzLnYxLkpvYlN0YXRlUgZzdGF0ZXMSEgoEdHlwZRgDIAEoCVIEdHlwZRIUCgVsYWJlbBgEIAEoCVIF"
    "bGFiZWwSGwoJcGFnZV9zaXplGAUgASgNUghwYWdlU2l6ZRIdCgpwYWdlX3Rva2VuGAYgASgJUglwYWdlVG9rZW4i"
    "ZQoQTGlzdEpvYnNSZXNwb25zZRIpCgRqb2JzGAEgAygLMhUubWlsbHJhY2Uuam9icy52MS5Kb2JSBGpvYnMSJgoP"
    "bmV4dF9wYWdlX3Rva2VuGAIgASgJUg1uZXh0UGFnZVRva2VuIkkKD1dhdGNoSm9iUmVxdWVzdBIVCgZqb2JfaWQY"
    "ASABKAlSBWpvYklkEh8KC2Zyb21fb2Zmc2V0GAIgASgEUgpmcm9tT2Zmc2V0IoABChBXYXRjaEpvYlJlc3BvbnNl"
    "EikKA2pvYhgBIAEoCzIVLm1pbGxyYWNlLmpvYnMudjEuSm9iSABSA2pvYhI4CgZjaHVua3MYAiABKAsyHi5taWxs"
    "cmFjZS5qb2JzLnYxLk91dHB1dENodW5rc0gAUgZjaHVua3NCBwoFZXZlbnQiRQoMT3V0cHV0Q2h1bmtzEjUKBmNo"
    "dW5rcxgBIAMoCzIdLm1pbGxyYWNlLmpvYnMudjEuT3V0cHV0Q2h1bmtSBmNodW5rcyJBChBDYW5jZWxKb2JSZXF1"
    "ZXN0EhUKBmpvYl9pZBgBIAEoCVIFam9iSWQSFgoGcmVhc29uGAIgASgJUgZyZWFzb24iPAoRQ2FuY2VsSm9iUmVz"
    "cG9uc2USJwoDam9iGAEgASgLMhUubWlsbHJhY2Uuam9icy52MS5Kb2JSA2pvYiIqChFFeHBsYWluSm9iUmVxdWVz"
    "dBIVCgZqb2JfaWQYASABKAlSBWpvYklkIogDChJFeHBsYWluSm9iUmVzcG9uc2USMAoFc3RhdGUYASABKA4yGi5t"
    "aWxscmFjZS5qb2JzLnYxLkpvYlN0YXRlUgVzdGF0ZRI+Cgtjb25zdHJhaW50cxgCIAMoCzIcLm1pbGxyYWNlLmpv"
    "YnMudjEuQ29uc3RyYWludFILY29uc3RyYWludHMSIgoNYWhlYWRfaW5fbGFuZRgDIAEoBFILYWhlYWRJbkxhbmUS"
    "TAoUZXN0aW1hdGVkX3N0YXJ0X3RpbWUYBCABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUhJlc3RpbWF0"
    "ZWRTdGFydFRpbWUSJQoOZXN0aW1hdGVfYmFzaXMYBSABKAlSDWVzdGltYXRlQmFzaXMSHwoLc2NoZWR1bGVfaWQY"
    "BiABKAlSCnNjaGVkdWxlSWQSRgoRc2NoZWR1bGVfZHVlX3RpbWUYByABKAsyGi5nb29nbGUucHJvdG9idWYuVGlt"
    "ZXN0YW1wUg9zY2hlZHVsZUR1ZVRpbWUi8wEKCkNvbnN0cmFpbnQSNAoEa2luZBgBIAEoDjIgLm1pbGxyYWNlLmpv"
    "YnMudjEuQ29uc3RyYWludEtpbmRSBGtpbmQSGAoHc3ViamVjdBgCIAEoCVIHc3ViamVjdBIUCgVsaW1pdBgDIAEo"
    "BFIFbGltaXQSEgoEdXNlZBgEIAEoBFIEdXNlZBIWCgZuZWVkZWQYBSABKARSBm5lZWRlZBI5CgpjbGVhcl90aW1l"
    "GAYgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIJY2xlYXJUaW1lEhgKB21lc3NhZ2UYByABKAlSB21l"
    "c3NhZ2UinAEKFUNyZWF0ZUpvYlRva2VuUmVxdWVzdBIVCgZqb2JfaWQYASABKAlSBWpvYklkEjUKBXJpZ2h0GAIg"
    "ASgOMh8ubWlsbHJhY2Uuam9icy52MS5Kb2JUb2tlblJpZ2h0UgVyaWdodBI1CghsaWZldGltZRgDIAEoCzIZLmdv"
    "b2dsZS5wcm90b2J1Zi5EdXJhdGlvblIIbGlmZXRpbWUiogEKFkNyZWF0ZUpvYlRva2VuUmVzcG9uc2USFAoFdG9r"
    "ZW4YASABKAlSBXRva2VuEjsKC2V4cGlyZV90aW1lGAIgASgLMhouZ29vZ2xlLnByb3RvYnVmLlRpbWVzdGFtcFIK"
    "ZXhwaXJlVGltZRI1CgVyaWdodBgDIAEoDjIfLm1pbGxyYWNlLmpvYnMudjEuSm9iVG9rZW5SaWdodFIFcmlnaHQq"
    "jQUKDkNvbnN0cmFpbnRLaW5kEh8KG0NPTlNUUkFJTlRfS0lORF9VTlNQRUNJRklFRBAAEh0KGUNPTlNUUkFJTlRf"
    "S0lORF9TQ0hFRFVMRUQQARIgChxDT05TVFJBSU5UX0tJTkRfUVVFVUVfUEFVU0VEEAISIAocQ09OU1RSQUlOVF9L"
    "SU5EX0tFWV9SRVFVRVNUUxADEh4KGkNPTlNUUkFJTlRfS0lORF9LRVlfVE9LRU5TEAQSJAogQ09OU1RSQUlOVF9L"
    "SU5EX0tFWV9EQUlMWV9UT0tFTlMQBRIjCh9DT05TVFJBSU5UX0tJTkRfS0VZX0NPTkNVUlJFTkNZEAYSJQohQ09O"
    "U1RSQUlOVF9LSU5EX1BST1ZJREVSX1JFUVVFU1RTEAcSIwofQ09OU1RSQUlOVF9LSU5EX1BST1ZJREVSX1RPS0VO"
    "UxAIEigKJENPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9DT05DVVJSRU5DWRAJEiUKIUNPTlNUUkFJTlRfS0lORF9Q"
    "Uk9WSURFUl9DT09MRE9XThAKEiYKIkNPTlNUUkFJTlRfS0lORF9QUk9WSURFUl9FWEhBVVNURUQQCxIeChpDT05T"
    "VFJBSU5UX0tJTkRfTEFORV9PUkRFUhAMEiIKHkNPTlNUUkFJTlRfS0lORF9OT19GUkVFX1dPUktFUhANEiEKHUNP"
    "TlNUUkFJTlRfS0lORF9QUk9WSURFUl9ET1dOEA4SHAoYQ09OU1RSQUlOVF9LSU5EX0NISUxEUkVOEA8SIwofQ09O"
    "U1RSQUlOVF9LSU5EX0dST1VQX0lOX0ZMSUdIVBAQEh0KGUNPTlNUUkFJTlRfS0lORF9OT19XT1JLRVIQESpmCg1K"
    "b2JUb2tlblJpZ2h0Eh8KG0pPQl9UT0tFTl9SSUdIVF9VTlNQRUNJRklFRBAAEhgKFEpPQl9UT0tFTl9SSUdIVF9S"
    "RUFEEAESGgoWSk9CX1RPS0VOX1JJR0hUX0NBTkNFTBACMqcGCgpKb2JTZXJ2aWNlElQKCVN1Ym1pdEpvYhIiLm1p"
    "bGxyYWNlLmpvYnMudjEuU3VibWl0Sm9iUmVxdWVzdBojLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0Sm9iUmVzcG9u"
    "c2USVwoKU3VibWl0Sm9icxIjLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0Sm9ic1JlcXVlc3QaJC5taWxscmFjZS5q"
    "b2JzLnYxLlN1Ym1pdEpvYnNSZXNwb25zZRJhCgxTdWJtaXRTdHJlYW0SJS5taWxscmFjZS5qb2JzLnYxLlN1Ym1p"
    "dFN0cmVhbVJlcXVlc3QaJi5taWxscmFjZS5qb2JzLnYxLlN1Ym1pdFN0cmVhbVJlc3BvbnNlKAEwARJLCgZHZXRK"
    "b2ISHy5taWxscmFjZS5qb2JzLnYxLkdldEpvYlJlcXVlc3QaIC5taWxscmFjZS5qb2JzLnYxLkdldEpvYlJlc3Bv"
    "bnNlElEKCExpc3RKb2JzEiEubWlsbHJhY2Uuam9icy52MS5MaXN0Sm9ic1JlcXVlc3QaIi5taWxscmFjZS5qb2Jz"
    "LnYxLkxpc3RKb2JzUmVzcG9uc2USUwoIV2F0Y2hKb2ISIS5taWxscmFjZS5qb2JzLnYxLldhdGNoSm9iUmVxdWVz"
    "dBoiLm1pbGxyYWNlLmpvYnMudjEuV2F0Y2hKb2JSZXNwb25zZTABElQKCUNhbmNlbEpvYhIiLm1pbGxyYWNlLmpv"
    "YnMudjEuQ2FuY2VsSm9iUmVxdWVzdBojLm1pbGxyYWNlLmpvYnMudjEuQ2FuY2VsSm9iUmVzcG9uc2USVwoKRXhw"
    "bGFpbkpvYhIjLm1pbGxyYWNlLmpvYnMudjEuRXhwbGFpbkpvYlJlcXVlc3QaJC5taWxscmFjZS5qb2JzLnYxLkV4"
    "cGxhaW5Kb2JSZXNwb25zZRJjCg5DcmVhdGVKb2JUb2tlbhInLm1pbGxyYWNlLmpvYnMudjEuQ3JlYXRlSm9iVG9r"
    "ZW5SZXF1ZXN0GigubWlsbHJhY2Uuam9icy52MS5DcmVhdGVKb2JUb2tlblJlc3BvbnNlYgZwcm90bzM="
)

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

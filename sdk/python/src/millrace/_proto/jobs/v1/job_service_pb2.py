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
    "dBIVCgZqb2JfaWQYASABKAlSBWpvYklkItoDChJFeHBsYWluSm9iUmVzcG9uc2USMAoFc3RhdGUYASABKA4yGi5t"
    "aWxscmFjZS5qb2JzLnYxLkpvYlN0YXRlUgVzdGF0ZRI+Cgtjb25zdHJhaW50cxgCIAMoCzIcLm1pbGxyYWNlLmpv"
    "YnMudjEuQ29uc3RyYWludFILY29uc3RyYWludHMSIgoNYWhlYWRfaW5fbGFuZRgDIAEoBFILYWhlYWRJbkxhbmUS"
    "TAoUZXN0aW1hdGVkX3N0YXJ0X3RpbWUYBCABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUhJlc3RpbWF0"
    "ZWRTdGFydFRpbWUSJQoOZXN0aW1hdGVfYmFzaXMYBSABKAlSDWVzdGltYXRlQmFzaXMSHwoLc2NoZWR1bGVfaWQY"
    "BiABKAlSCnNjaGVkdWxlSWQSRgoRc2NoZWR1bGVfZHVlX3RpbWUYByABKAsyGi5nb29nbGUucHJvdG9idWYuVGlt"
    "ZXN0YW1wUg9zY2hlZHVsZUR1ZVRpbWUSFAoFbW9kZWwYCCABKAlSBW1vZGVsEjoKBnJvdXRlcxgJIAMoCzIiLm1p"
    "bGxyYWNlLmpvYnMudjEuUm91dGVFeHBsYW5hdGlvblIGcm91dGVzIpoBChBSb3V0ZUV4cGxhbmF0aW9uEhgKB2Fj"
    "Y291bnQYASABKAlSB2FjY291bnQSFAoFbW9kZWwYAiABKAlSBW1vZGVsEj4KC2NvbnN0cmFpbnRzGAMgAygLMhwu"
    "bWlsbHJhY2Uuam9icy52MS5Db25zdHJhaW50Ugtjb25zdHJhaW50cxIWCgZmYWlsZWQYBCABKAhSBmZhaWxlZCLz"
    "AQoKQ29uc3RyYWludBI0CgRraW5kGAEgASgOMiAubWlsbHJhY2Uuam9icy52MS5Db25zdHJhaW50S2luZFIEa2lu"
    "ZBIYCgdzdWJqZWN0GAIgASgJUgdzdWJqZWN0EhQKBWxpbWl0GAMgASgEUgVsaW1pdBISCgR1c2VkGAQgASgEUgR1"
    "c2VkEhYKBm5lZWRlZBgFIAEoBFIGbmVlZGVkEjkKCmNsZWFyX3RpbWUYBiABKAsyGi5nb29nbGUucHJvdG9idWYu"
    "VGltZXN0YW1wUgljbGVhclRpbWUSGAoHbWVzc2FnZRgHIAEoCVIHbWVzc2FnZSKcAQoVQ3JlYXRlSm9iVG9rZW5S"
    "ZXF1ZXN0EhUKBmpvYl9pZBgBIAEoCVIFam9iSWQSNQoFcmlnaHQYAiABKA4yHy5taWxscmFjZS5qb2JzLnYxLkpv"
    "YlRva2VuUmlnaHRSBXJpZ2h0EjUKCGxpZmV0aW1lGAMgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUghs"
    "aWZldGltZSKiAQoWQ3JlYXRlSm9iVG9rZW5SZXNwb25zZRIUCgV0b2tlbhgBIAEoCVIFdG9rZW4SOwoLZXhwaXJl"
    "X3RpbWUYAiABKAsyGi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUgpleHBpcmVUaW1lEjUKBXJpZ2h0GAMgASgO"
    "Mh8ubWlsbHJhY2Uuam9icy52MS5Kb2JUb2tlblJpZ2h0UgVyaWdodCqrBQoOQ29uc3RyYWludEtpbmQSHwobQ09O"
    "U1RSQUlOVF9LSU5EX1VOU1BFQ0lGSUVEEAASHQoZQ09OU1RSQUlOVF9LSU5EX1NDSEVEVUxFRBABEiAKHENPTlNU"
    "UkFJTlRfS0lORF9RVUVVRV9QQVVTRUQQAhIgChxDT05TVFJBSU5UX0tJTkRfS0VZX1JFUVVFU1RTEAMSHgoaQ09O"
    "U1RSQUlOVF9LSU5EX0tFWV9UT0tFTlMQBBIkCiBDT05TVFJBSU5UX0tJTkRfS0VZX0RBSUxZX1RPS0VOUxAFEiMK"
    "H0NPTlNUUkFJTlRfS0lORF9LRVlfQ09OQ1VSUkVOQ1kQBhIlCiFDT05TVFJBSU5UX0tJTkRfUFJPVklERVJfUkVR"
    "VUVTVFMQBxIjCh9DT05TVFJBSU5UX0tJTkRfUFJPVklERVJfVE9LRU5TEAgSKAokQ09OU1RSQUlOVF9LSU5EX1BS"
    "T1ZJREVSX0NPTkNVUlJFTkNZEAkSJQohQ09OU1RSQUlOVF9LSU5EX1BST1ZJREVSX0NPT0xET1dOEAoSJgoiQ09O"
    "U1RSQUlOVF9LSU5EX1BST1ZJREVSX0VYSEFVU1RFRBALEh4KGkNPTlNUUkFJTlRfS0lORF9MQU5FX09SREVSEAwS"
    "IgoeQ09OU1RSQUlOVF9LSU5EX05PX0ZSRUVfV09SS0VSEA0SIQodQ09OU1RSQUlOVF9LSU5EX1BST1ZJREVSX0RP"
    "V04QDhIcChhDT05TVFJBSU5UX0tJTkRfQ0hJTERSRU4QDxIjCh9DT05TVFJBSU5UX0tJTkRfR1JPVVBfSU5fRkxJ"
    "R0hUEBASHQoZQ09OU1RSQUlOVF9LSU5EX05PX1dPUktFUhAREhwKGENPTlNUUkFJTlRfS0lORF9OT19ST1VURRAS"
    "KmYKDUpvYlRva2VuUmlnaHQSHwobSk9CX1RPS0VOX1JJR0hUX1VOU1BFQ0lGSUVEEAASGAoUSk9CX1RPS0VOX1JJ"
    "R0hUX1JFQUQQARIaChZKT0JfVE9LRU5fUklHSFRfQ0FOQ0VMEAIypwYKCkpvYlNlcnZpY2USVAoJU3VibWl0Sm9i"
    "EiIubWlsbHJhY2Uuam9icy52MS5TdWJtaXRKb2JSZXF1ZXN0GiMubWlsbHJhY2Uuam9icy52MS5TdWJtaXRKb2JS"
    "ZXNwb25zZRJXCgpTdWJtaXRKb2JzEiMubWlsbHJhY2Uuam9icy52MS5TdWJtaXRKb2JzUmVxdWVzdBokLm1pbGxy"
    "YWNlLmpvYnMudjEuU3VibWl0Sm9ic1Jlc3BvbnNlEmEKDFN1Ym1pdFN0cmVhbRIlLm1pbGxyYWNlLmpvYnMudjEu"
    "U3VibWl0U3RyZWFtUmVxdWVzdBomLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0U3RyZWFtUmVzcG9uc2UoATABEksK"
    "BkdldEpvYhIfLm1pbGxyYWNlLmpvYnMudjEuR2V0Sm9iUmVxdWVzdBogLm1pbGxyYWNlLmpvYnMudjEuR2V0Sm9i"
    "UmVzcG9uc2USUQoITGlzdEpvYnMSIS5taWxscmFjZS5qb2JzLnYxLkxpc3RKb2JzUmVxdWVzdBoiLm1pbGxyYWNl"
    "LmpvYnMudjEuTGlzdEpvYnNSZXNwb25zZRJTCghXYXRjaEpvYhIhLm1pbGxyYWNlLmpvYnMudjEuV2F0Y2hKb2JS"
    "ZXF1ZXN0GiIubWlsbHJhY2Uuam9icy52MS5XYXRjaEpvYlJlc3BvbnNlMAESVAoJQ2FuY2VsSm9iEiIubWlsbHJh"
    "Y2Uuam9icy52MS5DYW5jZWxKb2JSZXF1ZXN0GiMubWlsbHJhY2Uuam9icy52MS5DYW5jZWxKb2JSZXNwb25zZRJX"
    "CgpFeHBsYWluSm9iEiMubWlsbHJhY2Uuam9icy52MS5FeHBsYWluSm9iUmVxdWVzdBokLm1pbGxyYWNlLmpvYnMu"
    "djEuRXhwbGFpbkpvYlJlc3BvbnNlEmMKDkNyZWF0ZUpvYlRva2VuEicubWlsbHJhY2Uuam9icy52MS5DcmVhdGVK"
    "b2JUb2tlblJlcXVlc3QaKC5taWxscmFjZS5qb2JzLnYxLkNyZWF0ZUpvYlRva2VuUmVzcG9uc2ViBnByb3RvMw=="
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

# Generated from millrace/jobs/v1/group_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.jobs.v1.group_pb2
import millrace._proto.jobs.v1.job_pb2
import millrace._proto.jobs.v1.job_service_pb2

_pool.add_file(
    "CiRtaWxscmFjZS9qb2JzL3YxL2dyb3VwX3NlcnZpY2UucHJvdG8SEG1pbGxyYWNlLmpvYnMudjEaHmdvb2dsZS9w"
    "cm90b2J1Zi9kdXJhdGlvbi5wcm90bxocbWlsbHJhY2Uvam9icy92MS9ncm91cC5wcm90bxoabWlsbHJhY2Uvam9i"
    "cy92MS9qb2IucHJvdG8aIm1pbGxyYWNlL2pvYnMvdjEvam9iX3NlcnZpY2UucHJvdG8ijAEKEkNyZWF0ZUdyb3Vw"
    "UmVxdWVzdBIxCgVncm91cBgBIAEoCzIbLm1pbGxyYWNlLmpvYnMudjEuR3JvdXBTcGVjUgVncm91cBItCgRqb2Jz"
    "GAIgAygLMhkubWlsbHJhY2Uuam9icy52MS5Kb2JTcGVjUgRqb2JzEhQKBWNsb3NlGAMgASgIUgVjbG9zZSJ+ChND"
    "cmVhdGVHcm91cFJlc3BvbnNlEi0KBWdyb3VwGAEgASgLMhcubWlsbHJhY2Uuam9icy52MS5Hcm91cFIFZ3JvdXAS"
    "OAoHcmVzdWx0cxgCIAMoCzIeLm1pbGxyYWNlLmpvYnMudjEuU3VibWl0UmVzdWx0UgdyZXN1bHRzIi4KEUNsb3Nl"
    "R3JvdXBSZXF1ZXN0EhkKCGdyb3VwX2lkGAEgASgJUgdncm91cElkIkMKEkNsb3NlR3JvdXBSZXNwb25zZRItCgVn"
    "cm91cBgBIAEoCzIXLm1pbGxyYWNlLmpvYnMudjEuR3JvdXBSBWdyb3VwIlsKD0dldEdyb3VwUmVxdWVzdBIZCghn"
    "cm91cF9pZBgBIAEoCVIHZ3JvdXBJZBItCgR3YWl0GAIgASgLMhkuZ29vZ2xlLnByb3RvYnVmLkR1cmF0aW9uUgR3"
    "YWl0IkEKEEdldEdyb3VwUmVzcG9uc2USLQoFZ3JvdXAYASABKAsyFy5taWxscmFjZS5qb2JzLnYxLkdyb3VwUgVn"
    "cm91cCJlChFMaXN0R3JvdXBzUmVxdWVzdBIUCgVxdWV1ZRgBIAEoCVIFcXVldWUSGwoJcGFnZV9zaXplGAIgASgN"
    "UghwYWdlU2l6ZRIdCgpwYWdlX3Rva2VuGAMgASgJUglwYWdlVG9rZW4ibQoSTGlzdEdyb3Vwc1Jlc3BvbnNlEi8K"
    "Bmdyb3VwcxgBIAMoCzIXLm1pbGxyYWNlLmpvYnMudjEuR3JvdXBSBmdyb3VwcxImCg9uZXh0X3BhZ2VfdG9rZW4Y"
    "AiABKAlSDW5leHRQYWdlVG9rZW4icwoYTGlzdEdyb3VwQ2hpbGRyZW5SZXF1ZXN0EhkKCGdyb3VwX2lkGAEgASgJ"
    "Ugdncm91cElkEh8KC2FmdGVyX2luZGV4GAIgASgNUgphZnRlckluZGV4EhsKCXBhZ2Vfc2l6ZRgDIAEoDVIIcGFn"
    "ZVNpemUiaQoZTGlzdEdyb3VwQ2hpbGRyZW5SZXNwb25zZRI4CghjaGlsZHJlbhgBIAMoCzIcLm1pbGxyYWNlLmpv"
    "YnMudjEuR3JvdXBDaGlsZFIIY2hpbGRyZW4SEgoEbW9yZRgCIAEoCFIEbW9yZSIuChFXYXRjaEdyb3VwUmVxdWVz"
    "dBIZCghncm91cF9pZBgBIAEoCVIHZ3JvdXBJZCJDChJXYXRjaEdyb3VwUmVzcG9uc2USLQoFZ3JvdXAYASABKAsy"
    "Fy5taWxscmFjZS5qb2JzLnYxLkdyb3VwUgVncm91cCJHChJDYW5jZWxHcm91cFJlcXVlc3QSGQoIZ3JvdXBfaWQY"
    "ASABKAlSB2dyb3VwSWQSFgoGcmVhc29uGAIgASgJUgZyZWFzb24iRAoTQ2FuY2VsR3JvdXBSZXNwb25zZRItCgVn"
    "cm91cBgBIAEoCzIXLm1pbGxyYWNlLmpvYnMudjEuR3JvdXBSBWdyb3VwMpQFCgxHcm91cFNlcnZpY2USWgoLQ3Jl"
    "YXRlR3JvdXASJC5taWxscmFjZS5qb2JzLnYxLkNyZWF0ZUdyb3VwUmVxdWVzdBolLm1pbGxyYWNlLmpvYnMudjEu"
    "Q3JlYXRlR3JvdXBSZXNwb25zZRJXCgpDbG9zZUdyb3VwEiMubWlsbHJhY2Uuam9icy52MS5DbG9zZUdyb3VwUmVx"
    "dWVzdBokLm1pbGxyYWNlLmpvYnMudjEuQ2xvc2VHcm91cFJlc3BvbnNlElEKCEdldEdyb3VwEiEubWlsbHJhY2Uu"
    "am9icy52MS5HZXRHcm91cFJlcXVlc3QaIi5taWxscmFjZS5qb2JzLnYxLkdldEdyb3VwUmVzcG9uc2USVwoKTGlz"
    "dEdyb3VwcxIjLm1pbGxyYWNlLmpvYnMudjEuTGlzdEdyb3Vwc1JlcXVlc3QaJC5taWxscmFjZS5qb2JzLnYxLkxp"
    "c3RHcm91cHNSZXNwb25zZRJsChFMaXN0R3JvdXBDaGlsZHJlbhIqLm1pbGxyYWNlLmpvYnMudjEuTGlzdEdyb3Vw"
    "Q2hpbGRyZW5SZXF1ZXN0GisubWlsbHJhY2Uuam9icy52MS5MaXN0R3JvdXBDaGlsZHJlblJlc3BvbnNlElkKCldh"
    "dGNoR3JvdXASIy5taWxscmFjZS5qb2JzLnYxLldhdGNoR3JvdXBSZXF1ZXN0GiQubWlsbHJhY2Uuam9icy52MS5X"
    "YXRjaEdyb3VwUmVzcG9uc2UwARJaCgtDYW5jZWxHcm91cBIkLm1pbGxyYWNlLmpvYnMudjEuQ2FuY2VsR3JvdXBS"
    "ZXF1ZXN0GiUubWlsbHJhY2Uuam9icy52MS5DYW5jZWxHcm91cFJlc3BvbnNlYgZwcm90bzM="
)

CreateGroupRequest = _pool.message_class("millrace.jobs.v1.CreateGroupRequest")
CreateGroupResponse = _pool.message_class("millrace.jobs.v1.CreateGroupResponse")
CloseGroupRequest = _pool.message_class("millrace.jobs.v1.CloseGroupRequest")
CloseGroupResponse = _pool.message_class("millrace.jobs.v1.CloseGroupResponse")
GetGroupRequest = _pool.message_class("millrace.jobs.v1.GetGroupRequest")
GetGroupResponse = _pool.message_class("millrace.jobs.v1.GetGroupResponse")
ListGroupsRequest = _pool.message_class("millrace.jobs.v1.ListGroupsRequest")
ListGroupsResponse = _pool.message_class("millrace.jobs.v1.ListGroupsResponse")
ListGroupChildrenRequest = _pool.message_class("millrace.jobs.v1.ListGroupChildrenRequest")
ListGroupChildrenResponse = _pool.message_class("millrace.jobs.v1.ListGroupChildrenResponse")
WatchGroupRequest = _pool.message_class("millrace.jobs.v1.WatchGroupRequest")
WatchGroupResponse = _pool.message_class("millrace.jobs.v1.WatchGroupResponse")
CancelGroupRequest = _pool.message_class("millrace.jobs.v1.CancelGroupRequest")
CancelGroupResponse = _pool.message_class("millrace.jobs.v1.CancelGroupResponse")


class GroupService:
    CreateGroup = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/CreateGroup", "millrace.jobs.v1.CreateGroupRequest", "millrace.jobs.v1.CreateGroupResponse")
    CloseGroup = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/CloseGroup", "millrace.jobs.v1.CloseGroupRequest", "millrace.jobs.v1.CloseGroupResponse")
    GetGroup = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/GetGroup", "millrace.jobs.v1.GetGroupRequest", "millrace.jobs.v1.GetGroupResponse")
    ListGroups = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/ListGroups", "millrace.jobs.v1.ListGroupsRequest", "millrace.jobs.v1.ListGroupsResponse")
    ListGroupChildren = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/ListGroupChildren", "millrace.jobs.v1.ListGroupChildrenRequest", "millrace.jobs.v1.ListGroupChildrenResponse")
    WatchGroup = _pool.UnaryStream("/millrace.jobs.v1.GroupService/WatchGroup", "millrace.jobs.v1.WatchGroupRequest", "millrace.jobs.v1.WatchGroupResponse")
    CancelGroup = _pool.UnaryUnary("/millrace.jobs.v1.GroupService/CancelGroup", "millrace.jobs.v1.CancelGroupRequest", "millrace.jobs.v1.CancelGroupResponse")

# Generated from millrace/schedules/v1/schedule_service.proto by `pnpm generate`. Do not edit.
from millrace import _pool
import millrace._proto.schedules.v1.schedule_pb2

_pool.add_file(
    "CixtaWxscmFjZS9zY2hlZHVsZXMvdjEvc2NoZWR1bGVfc2VydmljZS5wcm90bxIVbWlsbHJhY2Uuc2NoZWR1bGVz"
    "LnYxGiRtaWxscmFjZS9zY2hlZHVsZXMvdjEvc2NoZWR1bGUucHJvdG8iUAoVQ3JlYXRlU2NoZWR1bGVSZXF1ZXN0"
    "EjcKBHNwZWMYASABKAsyIy5taWxscmFjZS5zY2hlZHVsZXMudjEuU2NoZWR1bGVTcGVjUgRzcGVjInEKFkNyZWF0"
    "ZVNjaGVkdWxlUmVzcG9uc2USOwoIc2NoZWR1bGUYASABKAsyHy5taWxscmFjZS5zY2hlZHVsZXMudjEuU2NoZWR1"
    "bGVSCHNjaGVkdWxlEhoKCHdhcm5pbmdzGAIgAygJUgh3YXJuaW5ncyI1ChJHZXRTY2hlZHVsZVJlcXVlc3QSHwoL"
    "c2NoZWR1bGVfaWQYASABKAlSCnNjaGVkdWxlSWQiUgoTR2V0U2NoZWR1bGVSZXNwb25zZRI7CghzY2hlZHVsZRgB"
    "IAEoCzIfLm1pbGxyYWNlLnNjaGVkdWxlcy52MS5TY2hlZHVsZVIIc2NoZWR1bGUiaAoUTGlzdFNjaGVkdWxlc1Jl"
    "cXVlc3QSFAoFcXVldWUYASABKAlSBXF1ZXVlEhsKCXBhZ2Vfc2l6ZRgCIAEoDVIIcGFnZVNpemUSHQoKcGFnZV90"
    "b2tlbhgDIAEoCVIJcGFnZVRva2VuIn4KFUxpc3RTY2hlZHVsZXNSZXNwb25zZRI9CglzY2hlZHVsZXMYASADKAsy"
    "Hy5taWxscmFjZS5zY2hlZHVsZXMudjEuU2NoZWR1bGVSCXNjaGVkdWxlcxImCg9uZXh0X3BhZ2VfdG9rZW4YAiAB"
    "KAlSDW5leHRQYWdlVG9rZW4idwoVVXBkYXRlU2NoZWR1bGVSZXF1ZXN0Eh8KC3NjaGVkdWxlX2lkGAEgASgJUgpz"
    "Y2hlZHVsZUlkEj0KB2NoYW5nZXMYAiABKAsyIy5taWxscmFjZS5zY2hlZHVsZXMudjEuU2NoZWR1bGVTcGVjUgdj"
    "aGFuZ2VzInEKFlVwZGF0ZVNjaGVkdWxlUmVzcG9uc2USOwoIc2NoZWR1bGUYASABKAsyHy5taWxscmFjZS5zY2hl"
    "ZHVsZXMudjEuU2NoZWR1bGVSCHNjaGVkdWxlEhoKCHdhcm5pbmdzGAIgAygJUgh3YXJuaW5ncyI4ChVEZWxldGVT"
    "Y2hlZHVsZVJlcXVlc3QSHwoLc2NoZWR1bGVfaWQYASABKAlSCnNjaGVkdWxlSWQiGAoWRGVsZXRlU2NoZWR1bGVS"
    "ZXNwb25zZSJLChRQYXVzZVNjaGVkdWxlUmVxdWVzdBIfCgtzY2hlZHVsZV9pZBgBIAEoCVIKc2NoZWR1bGVJZBIS"
    "CgRub3RlGAIgASgJUgRub3RlIlQKFVBhdXNlU2NoZWR1bGVSZXNwb25zZRI7CghzY2hlZHVsZRgBIAEoCzIfLm1p"
    "bGxyYWNlLnNjaGVkdWxlcy52MS5TY2hlZHVsZVIIc2NoZWR1bGUiOAoVUmVzdW1lU2NoZWR1bGVSZXF1ZXN0Eh8K"
    "C3NjaGVkdWxlX2lkGAEgASgJUgpzY2hlZHVsZUlkIlUKFlJlc3VtZVNjaGVkdWxlUmVzcG9uc2USOwoIc2NoZWR1"
    "bGUYASABKAsyHy5taWxscmFjZS5zY2hlZHVsZXMudjEuU2NoZWR1bGVSCHNjaGVkdWxlIjgKFVJ1blNjaGVkdWxl"
    "Tm93UmVxdWVzdBIfCgtzY2hlZHVsZV9pZBgBIAEoCVIKc2NoZWR1bGVJZCIvChZSdW5TY2hlZHVsZU5vd1Jlc3Bv"
    "bnNlEhUKBmpvYl9pZBgBIAEoCVIFam9iSWQy+gYKD1NjaGVkdWxlU2VydmljZRJtCg5DcmVhdGVTY2hlZHVsZRIs"
    "Lm1pbGxyYWNlLnNjaGVkdWxlcy52MS5DcmVhdGVTY2hlZHVsZVJlcXVlc3QaLS5taWxscmFjZS5zY2hlZHVsZXMu"
    "djEuQ3JlYXRlU2NoZWR1bGVSZXNwb25zZRJkCgtHZXRTY2hlZHVsZRIpLm1pbGxyYWNlLnNjaGVkdWxlcy52MS5H"
    "ZXRTY2hlZHVsZVJlcXVlc3QaKi5taWxscmFjZS5zY2hlZHVsZXMudjEuR2V0U2NoZWR1bGVSZXNwb25zZRJqCg1M"
    "aXN0U2NoZWR1bGVzEisubWlsbHJhY2Uuc2NoZWR1bGVzLnYxLkxpc3RTY2hlZHVsZXNSZXF1ZXN0GiwubWlsbHJh"
    "Y2Uuc2NoZWR1bGVzLnYxLkxpc3RTY2hlZHVsZXNSZXNwb25zZRJtCg5VcGRhdGVTY2hlZHVsZRIsLm1pbGxyYWNl"
    "LnNjaGVkdWxlcy52MS5VcGRhdGVTY2hlZHVsZVJlcXVlc3QaLS5taWxscmFjZS5zY2hlZHVsZXMudjEuVXBkYXRl"
    "U2NoZWR1bGVSZXNwb25zZRJtCg5EZWxldGVTY2hlZHVsZRIsLm1pbGxyYWNlLnNjaGVkdWxlcy52MS5EZWxldGVT"
    "Y2hlZHVsZVJlcXVlc3QaLS5taWxscmFjZS5zY2hlZHVsZXMudjEuRGVsZXRlU2NoZWR1bGVSZXNwb25zZRJqCg1Q"
    "YXVzZVNjaGVkdWxlEisubWlsbHJhY2Uuc2NoZWR1bGVzLnYxLlBhdXNlU2NoZWR1bGVSZXF1ZXN0GiwubWlsbHJh"
    "Y2Uuc2NoZWR1bGVzLnYxLlBhdXNlU2NoZWR1bGVSZXNwb25zZRJtCg5SZXN1bWVTY2hlZHVsZRIsLm1pbGxyYWNl"
    "LnNjaGVkdWxlcy52MS5SZXN1bWVTY2hlZHVsZVJlcXVlc3QaLS5taWxscmFjZS5zY2hlZHVsZXMudjEuUmVzdW1l"
    "U2NoZWR1bGVSZXNwb25zZRJtCg5SdW5TY2hlZHVsZU5vdxIsLm1pbGxyYWNlLnNjaGVkdWxlcy52MS5SdW5TY2hl"
    "ZHVsZU5vd1JlcXVlc3QaLS5taWxscmFjZS5zY2hlZHVsZXMudjEuUnVuU2NoZWR1bGVOb3dSZXNwb25zZWIGcHJv"
    "dG8z"
)

CreateScheduleRequest = _pool.message_class("millrace.schedules.v1.CreateScheduleRequest")
CreateScheduleResponse = _pool.message_class("millrace.schedules.v1.CreateScheduleResponse")
GetScheduleRequest = _pool.message_class("millrace.schedules.v1.GetScheduleRequest")
GetScheduleResponse = _pool.message_class("millrace.schedules.v1.GetScheduleResponse")
ListSchedulesRequest = _pool.message_class("millrace.schedules.v1.ListSchedulesRequest")
ListSchedulesResponse = _pool.message_class("millrace.schedules.v1.ListSchedulesResponse")
UpdateScheduleRequest = _pool.message_class("millrace.schedules.v1.UpdateScheduleRequest")
UpdateScheduleResponse = _pool.message_class("millrace.schedules.v1.UpdateScheduleResponse")
DeleteScheduleRequest = _pool.message_class("millrace.schedules.v1.DeleteScheduleRequest")
DeleteScheduleResponse = _pool.message_class("millrace.schedules.v1.DeleteScheduleResponse")
PauseScheduleRequest = _pool.message_class("millrace.schedules.v1.PauseScheduleRequest")
PauseScheduleResponse = _pool.message_class("millrace.schedules.v1.PauseScheduleResponse")
ResumeScheduleRequest = _pool.message_class("millrace.schedules.v1.ResumeScheduleRequest")
ResumeScheduleResponse = _pool.message_class("millrace.schedules.v1.ResumeScheduleResponse")
RunScheduleNowRequest = _pool.message_class("millrace.schedules.v1.RunScheduleNowRequest")
RunScheduleNowResponse = _pool.message_class("millrace.schedules.v1.RunScheduleNowResponse")


class ScheduleService:
    CreateSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/CreateSchedule", "millrace.schedules.v1.CreateScheduleRequest", "millrace.schedules.v1.CreateScheduleResponse")
    GetSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/GetSchedule", "millrace.schedules.v1.GetScheduleRequest", "millrace.schedules.v1.GetScheduleResponse")
    ListSchedules = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/ListSchedules", "millrace.schedules.v1.ListSchedulesRequest", "millrace.schedules.v1.ListSchedulesResponse")
    UpdateSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/UpdateSchedule", "millrace.schedules.v1.UpdateScheduleRequest", "millrace.schedules.v1.UpdateScheduleResponse")
    DeleteSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/DeleteSchedule", "millrace.schedules.v1.DeleteScheduleRequest", "millrace.schedules.v1.DeleteScheduleResponse")
    PauseSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/PauseSchedule", "millrace.schedules.v1.PauseScheduleRequest", "millrace.schedules.v1.PauseScheduleResponse")
    ResumeSchedule = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/ResumeSchedule", "millrace.schedules.v1.ResumeScheduleRequest", "millrace.schedules.v1.ResumeScheduleResponse")
    RunScheduleNow = _pool.UnaryUnary("/millrace.schedules.v1.ScheduleService/RunScheduleNow", "millrace.schedules.v1.RunScheduleNowRequest", "millrace.schedules.v1.RunScheduleNowResponse")

"""Follows a job with grpcio. Prints a line of JSON for each message, and at the end how the call ended."""

import json
import sys

import grpc
from millrace.jobs.v1 import job_pb2, job_service_pb2, job_service_pb2_grpc

address, api_key, job_id, from_offset = sys.argv[1:]


def say(**what):
    print(json.dumps(what), flush=True)


with grpc.insecure_channel(address) as channel:
    jobs = job_service_pb2_grpc.JobServiceStub(channel)
    request = job_service_pb2.WatchJobRequest(job_id=job_id, from_offset=int(from_offset))
    try:
        for response in jobs.WatchJob(request, metadata=[("authorization", f"Bearer {api_key}")]):
            if response.WhichOneof("event") == "job":
                say(kind="job", state=job_pb2.JobState.Name(response.job.state))
            for chunk in response.chunks.chunks:
                content = chunk.WhichOneof("content")
                text = chunk.text if content == "text" else content
                say(kind="output", offset=chunk.offset, text=text)
        say(kind="end", code="OK")
    except grpc.RpcError as error:
        say(kind="end", code=error.code().name)

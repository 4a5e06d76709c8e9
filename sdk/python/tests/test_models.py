"""What clients say and see of models and their routes."""

from millrace import JobOptions, JobRoute, NewJob
from millrace._proto.jobs.v1 import job_pb2, job_service_pb2
from millrace.client.explanation import explanation_of
from millrace.client.jobs import job_of, spec_of


def test_a_job_names_its_model() -> None:
    assert spec_of(NewJob("chat", {}, JobOptions(model="gpt-5"))).model == "gpt-5"
    assert spec_of(NewJob("chat", {})).model == ""


def test_a_job_has_its_model_and_its_route() -> None:
    routed = job_of(job_pb2.Job(model="gpt-5", route=job_pb2.JobRoute(account="azure/west", model="my-gpt-5")))
    assert (routed.model, routed.route) == ("gpt-5", JobRoute("azure/west", "my-gpt-5"))
    plain = job_of(job_pb2.Job())
    assert (plain.model, plain.route) == (None, None)


def test_an_explanation_says_what_holds_each_route() -> None:
    held = job_service_pb2.Constraint(kind=job_service_pb2.CONSTRAINT_KIND_PROVIDER_COOLDOWN, subject="openai/main")
    explanation = explanation_of(
        job_service_pb2.ExplainJobResponse(
            model="gpt-5",
            routes=[
                job_service_pb2.RouteExplanation(account="openai/main", model="gpt-5-2025", constraints=[held]),
                job_service_pb2.RouteExplanation(account="azure/west", model="my-gpt-5", failed=True),
            ],
        )
    )
    assert explanation.model == "gpt-5"
    first, second = explanation.routes
    assert [one.kind for one in first.constraints] == ["PROVIDER_COOLDOWN"]
    assert (first.failed, second.account, second.constraints, second.failed) == (False, "azure/west", (), True)

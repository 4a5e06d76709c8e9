"""Calls the webhook endpoints of Millrace by the official SDK for Python, unchanged."""

import os

import openai
from openai import OpenAI

options = {"base_url": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
webhooks = OpenAI(**options).webhooks
URL = os.environ["URL"]

made = webhooks.create(name="python", url=URL, event_types=["response.completed"])
assert made.signing_secret.startswith("whsec_")
assert webhooks.retrieve(made.id).url == URL
assert made.id in [endpoint.id for endpoint in webhooks.list()]
changed = webhooks.update(made.id, event_types=["response.failed", "batch.failed"])
assert changed.event_types == ["response.failed", "batch.failed"] and changed.name == "python"
rotated = webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
assert rotated.signing_secret != made.signing_secret
assert webhooks.test(made.id, event_type="response.completed").status_code == 204
assert {"response.completed", "batch.completed"} <= set(webhooks.event_types.list().data)
assert webhooks.delete(made.id).deleted
try:
    webhooks.retrieve(made.id)
except openai.NotFoundError:
    print("done")

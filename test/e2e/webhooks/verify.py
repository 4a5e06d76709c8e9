"""Verifies webhook requests with the official libraries.

Reads one request a line from standard input: {"secret", "body", "headers"}. Writes one line for each: the id, type and data id
that OpenAI's client reads, or the name of the error.
"""

import json
import sys

from openai import OpenAI
from standardwebhooks import Webhook

for line in sys.stdin:
    request = json.loads(line)
    secret, body, headers = request["secret"], request["body"], request["headers"]
    try:
        event = Webhook(secret).verify(body, headers)
        same = OpenAI(api_key="none").webhooks.unwrap(body, headers, secret=secret)
        print(json.dumps({"event": event, "openai": {"id": same.id, "type": same.type}}), flush=True)
    except Exception as error:  # The test names the expected error.
        print(json.dumps({"error": type(error).__name__}), flush=True)

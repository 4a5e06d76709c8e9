"""The contract's limits that the SDK keeps by itself. In bytes unless the name says otherwise."""

PAYLOAD_BYTES = 256 * 1024
RESULT_BYTES = 1024 * 1024
CHECKPOINT_BYTES = 256 * 1024
CHUNK_BYTES = 64 * 1024
"""The size of one chunk of output."""
OUTPUT_BYTES = 8 * 1024 * 1024
"""The size of all output of one job that is kept."""
ERROR_MESSAGE_CHARACTERS = 4_096
FAILURE_DETAILS_BYTES = 2 * 1024
PROGRESS_MESSAGE_CHARACTERS = 255
JOBS_PER_SUBMIT = 1_000
MESSAGE_BYTES = 3 * 1024 * 1024
"""The size of a message with several items, below the 4 MiB that gRPC accepts by default."""
CHILDREN_PER_CALL = 256
WORKER_SLOTS = 10_000
GUEST_SLOTS = 100
LEASES = 10_000
RATE_LIMIT_HEADERS = 32
USAGE_MODEL_CHARACTERS = 128
MOST_HTTP_STATUS = 599

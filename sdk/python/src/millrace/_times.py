"""Times and durations of the contract as Python's own."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from millrace import _pool

if TYPE_CHECKING:
    from millrace._pool import Duration, Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def timestamp_of(time: datetime) -> Timestamp:
    """Returns the timestamp of an aware datetime. A datetime without a time zone is a mistake: ValueError."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone; use datetime.now(timezone.utc) or set tzinfo")
    micros = (time - EPOCH) // timedelta(microseconds=1)
    return _pool.Timestamp(seconds=micros // 1_000_000, nanos=micros % 1_000_000 * 1_000)


def datetime_of(timestamp: Timestamp) -> datetime:
    """Returns the datetime, in UTC."""
    return EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)


def duration_of(seconds: float) -> Duration:
    """Returns the duration of that many seconds, to the millisecond."""
    millis = round(seconds * 1_000)
    return _pool.Duration(seconds=millis // 1_000, nanos=millis % 1_000 * 1_000_000)


def seconds_of(duration: Duration) -> float:
    """Returns the seconds of a duration."""
    return duration.seconds + duration.nanos / 1e9

"""Stands for slow work, such as calls of a model: it takes two seconds for each paragraph."""

import os
import re
import time
from collections.abc import Callable

SECONDS_OF_A_PARAGRAPH = float(os.environ.get("PARAGRAPH_SECONDS", "2"))


def summarize(text: str, progress: Callable[[int, int], None] = lambda _done, _total: None) -> str:
    """Returns the first sentence of each paragraph."""
    paragraphs = re.split(r"\n{2,}", text)
    sentences = []
    for done, paragraph in enumerate(paragraphs, start=1):
        time.sleep(SECONDS_OF_A_PARAGRAPH)
        sentences.append(re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0])
        progress(done, len(paragraphs))
    return " ".join(sentences)

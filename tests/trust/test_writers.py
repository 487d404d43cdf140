"""Ten thousand transactions of 2, 8 and 32 processes through a real server: nothing is lost, nobody meets a lock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.environment import ROOT
from tests.trust.client import SHARED, Client, shared
from tests.trust.conftest import Busy

pytestmark = pytest.mark.trust
# Processes → transactions of all of them.
WRITERS = {2: 2_000, 8: 3_200, 32: 4_800}


def test_ten_thousand_transactions_are_made() -> None:
    assert sum(WRITERS.values()) == 10_000


@pytest.mark.parametrize("writers", WRITERS)
def test_writers_lose_no_update_and_meet_no_lock(writers: int, busy: Busy) -> None:
    before = _counters(busy.script())
    number = WRITERS[writers] // writers
    command = [sys.executable, "-m", "tests.trust.client", str(busy.server.port), busy.token]
    processes = [
        subprocess.Popen(  # noqa: S603
            [*command, f"w{writers}-{each}", str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for each in range(writers)
    ]
    told = [json.loads(process.communicate(timeout=900)[0]) for process in processes]
    created = sum(each["created"] for each in told)
    assert [each["odd"] for each in told] == [{}] * writers
    assert created + sum(sum(each["counted"].values()) for each in told) == WRITERS[writers]
    assert sum(each["stale"] for each in told) > 0  # or nobody was in anybody's way
    acknowledged = sum((Counter(each["counted"]) for each in told), before)
    assert _counters(busy.script()) == acknowledged
    slugs = [row["slug"] for row in _all(busy.script(), "/api/v1/projects/?fields=slug&page_size=200")]
    assert sum(slug.startswith(f"w{writers}-") for slug in slugs) == created


def _counters(client: Client) -> Counter[str]:
    """Each is as high as its record was saved often."""
    counters = Counter[str]()
    for number in range(SHARED):
        address = f"/api/v1/projects/{shared(number)}/"
        read = client.send("GET", address).json
        assert read["version"] == int(read["note"]) + 1
        counters[address] = int(read["note"])
    return counters


def _all(client: Client, address: str) -> list[Any]:
    found = []
    while address:
        page = client.send("GET", address).json
        found += page["results"]
        address = "/api/" + page["next"].partition("/api/")[2] if page["next"] else ""
    return found

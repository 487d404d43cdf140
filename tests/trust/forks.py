"""Pytest plugin: tries edits of functions in forks of one process that has loaded everything already.

    EDITS=FILE python -m pytest -p tests.trust.forks TESTS

`FILE` holds the edits as JSON: file, start, end, left. Their numbers are written to `FILE.survived`, one a line, and
those that only a new process can try, as they change more than what functions do, to `FILE.cold`.

A fork gives the functions the code of the edited file and runs the tests up to the first that fails. Whatever the
tests computed from the project when they were loaded was computed without the edit: it may survive for that, but
nothing is noticed that a new process would not notice.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import traceback
import types
from collections.abc import Iterable
from pathlib import Path

import hypothesis
import pytest

from tests.trust.edits import PACKAGES, ROOT

# The edit that is being tried.
_TRYING: list[int] = []


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is noticed for being slow on a busy machine, and every edit meets the same cases."""
    hypothesis.settings.register_profile("edits", deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("edits")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed and not _TRYING:
        os.write(2, str(report.longrepr).encode())  # without any edit nothing should fail: why did it?


def codes_of_functions(code: types.CodeType, *, path: tuple[str, ...] = ()) -> dict[str, types.CodeType]:
    """Those of the functions of a module and its classes, by qualified name; a name that is used twice has a number."""
    found: dict[str, types.CodeType] = {}
    for each in code.co_consts:
        if not isinstance(each, types.CodeType):
            continue
        if each.co_flags & 0x02:  # has locals of its own: a function, not the body of a class
            name = each.co_qualname
            while name in found:
                name += "'"
            found[name] = each
        else:
            found |= {f"{each.co_qualname}:{name}": inner for name, inner in codes_of_functions(each).items()}
    return found


def _outside(code: types.CodeType) -> object:
    """All that a module or class does by itself."""
    inner = tuple(
        (each.co_flags & 0x02 or _outside(each))
        if isinstance(each, types.CodeType)
        else (type(each), repr(each))
        for each in code.co_consts
    )
    return code.co_code, code.co_names, inner


def changed_functions(file: str, was: str, now: str) -> dict[types.CodeType, types.CodeType] | None:
    """Code before and after the edit; None if the edit changes more than functions."""
    before, after = (compile(text, str(ROOT / file), "exec", dont_inherit=True) for text in (was, now))
    if _outside(before) != _outside(after):
        return None
    old, new = codes_of_functions(before), codes_of_functions(after)
    if any(old[name].co_freevars != new[name].co_freevars for name in old):
        return None
    return {old[name]: new[name] for name in old if old[name] != new[name]}


def _have(changed: Iterable[types.CodeType]) -> bool:
    """Whether there is a function of each; one that ran while its module was loaded may be gone."""
    alive = {each.__code__ for each in gc.get_objects() if isinstance(each, types.FunctionType)}
    return alive.issuperset(changed)


def _put_in_place(changed: dict[types.CodeType, types.CodeType]) -> None:
    """Forgets what was answered before; not what Django knows of its models, to which migrating has added some."""
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__code__ in changed:
            each.__code__ = changed[each.__code__]
        elif isinstance(each, functools._lru_cache_wrapper) and _is_ours(each):
            each.cache_clear()


def _is_ours(function: functools._lru_cache_wrapper[object]) -> bool:
    return function.__module__.partition(".")[0] in PACKAGES


def _run(items: list[pytest.Item]) -> int | None:
    """The place of the first test that fails."""
    session = items[0].session
    session._setupstate.teardown_exact(items[0])
    for place, item in enumerate(items):
        # Never the last one: what all tests share stays.
        following = items[min(place + 1, len(items) - 1)]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return place
    return None


def _in_fork(
    items: list[pytest.Item], changed: dict[types.CodeType, types.CodeType], seconds: int
) -> int | None:
    """The place of the test that noticed; -1 if it was stopped, as in an endless loop."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            os.close(reading)
            _put_in_place(changed)
            os.write(writing, str(_run(items)).encode())
        except BaseException:
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().decode()
    _child, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return -1
    assert answer == "None" or answer.isdigit(), answer  # a mistake of this file, which no test noticed
    return None if answer == "None" else int(answer)


def pytest_runtestloop(session: pytest.Session) -> bool:
    path = Path(os.environ["EDITS"])
    # Those without a database first: they are quick.
    items = sorted(session.items, key=lambda item: "db" in getattr(item, "fixturenames", ()))
    _run(items[-1:])  # makes the database, which all forks begin with
    started = os.times().children_user
    fails = _in_fork(items, {}, 3600)
    assert fails is None, f"It fails without any edit: {items[fails].nodeid if fails >= 0 else 'out of time'}"
    limit = 30 + int(10 * (os.times().children_user - started))
    with path.with_suffix(".survived").open("w") as survived, path.with_suffix(".cold").open("w") as cold:
        for number, (file, start, end, left) in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            _TRYING[:] = [number]
            text = (ROOT / file).read_text(encoding="utf-8")
            changed = changed_functions(file, text, text[:start] + left + text[end:])
            if changed is None or not _have(changed):
                print(number, file=cold, flush=True)
                continue
            noticed = _in_fork(items, changed, limit)
            if noticed is None:
                print(number, file=survived, flush=True)
            elif 0 <= noticed < len(items) - 1:  # the last one is set up already, and would meet itself so
                items.insert(0, items.pop(noticed))  # likely to notice the next one as well
    return True

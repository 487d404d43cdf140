import sys
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec

from django.apps import AppConfig
from django.conf import settings


class CareerTrackConfig(AppConfig):
    name = "careertrack"
    verbose_name = "CareerTrack"

    def ready(self) -> None:
        # allauth imports what checks security keys whether they are offered or not: a tenth of a worker's start.
        if "webauthn" not in settings.MFA_SUPPORTED_TYPES:
            _load_when_used("allauth.mfa.webauthn.internal.auth")


def _load_when_used(name: str) -> None:
    spec = find_spec(name)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    package, _dot, own_name = name.rpartition(".")
    # As an import would; `from package import module` would load it to find out.
    setattr(import_module(package), own_name, module)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("Records")

    def ready(self) -> None:
        from importlib import import_module

        from django.utils.module_loading import autodiscover_modules

        from records import guards  # noqa: F401

        autodiscover_modules("resources")
        # Django would look for the admin of every app, also of those that are not in ours, and load what they need.
        for app in ("records", "projects", "metrics", "goals"):
            import_module(f"{app}.admin")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("Records")

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from records import guards  # noqa: F401

        autodiscover_modules("resources")

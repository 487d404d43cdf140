from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GoalsConfig(AppConfig):
    name = "goals"
    verbose_name = _("Goals")

    def ready(self) -> None:
        from goals.claims import claims_of_goals
        from metrics.audit import add_claims

        add_claims(claims_of_goals)

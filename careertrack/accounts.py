"""How accounts come to be and sign in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Nobody signs up by themselves; an operator creates accounts (`manage.py createsuperuser`, admin)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

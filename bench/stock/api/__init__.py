"""Figures as the tutorial of Django REST framework would serve them, on the tables of the app."""

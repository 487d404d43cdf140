from django.apps import AppConfig


class CareerTrackConfig(AppConfig):
    name = "careertrack"
    verbose_name = "CareerTrack"

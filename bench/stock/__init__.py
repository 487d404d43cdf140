"""Django, Django REST framework and admin as they come, to compare start and memory with."""

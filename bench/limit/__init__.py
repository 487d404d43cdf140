"""The least a Django project does for the same answer: raw SQL, strings, Django's own session and account."""

"""Django's PostgreSQL, with migrations that writers do not feel. settings.py names it as the engine."""

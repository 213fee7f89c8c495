from hypothesis import HealthCheck, settings

# A busy machine is slow at random; no test here is about time.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

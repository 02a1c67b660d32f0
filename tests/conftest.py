import os

# pytest-xdist gives every core a worker already: more threads of BLAS would only wait for one another; before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""The compiled kernels for processors with AVX2, which work on twice as many numbers at once."""

include "_compiled.pyx"

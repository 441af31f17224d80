"""WhiteNoise's import names, on top of Hiss."""

from whitenoise.base import WhiteNoise

__all__ = ["WhiteNoise"]

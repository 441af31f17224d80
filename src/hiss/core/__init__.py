"""The domain: what Hiss serves, and the one function that decides each answer. Pure."""

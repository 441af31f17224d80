"""The subjects of `bench/conformance.py`: how each is set up, and by what it is judged."""

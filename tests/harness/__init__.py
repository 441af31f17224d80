"""What tests in several folders do to the world: start servers and Chromium, and kill processes."""

"""Rolling deploys under load: `rolling.run` does one, and says what visitors got."""

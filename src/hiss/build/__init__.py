"""From a source tree to a release."""

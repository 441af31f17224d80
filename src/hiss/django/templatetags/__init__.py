"""`{% load hiss %}`."""

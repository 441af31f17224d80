"""What a release publishes, as numbers and as one page that needs nothing else."""

from hiss.build.report.page import to_html
from hiss.build.report.summary import Report, summarise, to_json

__all__ = ["Report", "summarise", "to_html", "to_json"]

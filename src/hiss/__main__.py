"""`python -m hiss`."""

import sys

from hiss.cli import main

sys.exit(main())

"""What Proofdesk costs and how well it reads: programs that print tables."""

import os

# as the workers have it, and before any library is loaded: idle threads of linear algebra would count as work
os.environ.setdefault("OMP_NUM_THREADS", "1")

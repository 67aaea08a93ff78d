"""The table: every command, every form of its operands, every rule for targets."""

from cases_classes import CLASSES
from cases_copying import COPYING
from cases_edges import EDGES
from cases_listing import LISTING
from cases_sync import SYNC
from cases_transfer import TRANSFER
from cases_usage import USAGE

CASES = LISTING + TRANSFER + COPYING + SYNC + USAGE + EDGES + CLASSES

"""Work that outlives whoever asked for it: a queue in the library's database, and workers that may be killed."""

from pinxit.jobs.job import Job
from pinxit.jobs.queue import Jobs
from pinxit.jobs.supervisor import Supervisor

__all__ = ["Job", "Jobs", "Supervisor"]

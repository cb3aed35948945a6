"""Worker processes: a function and its arguments go in, its result comes back, or the process is
killed and the work counts as not finished.

Whoever judges or decodes what a stranger sent asks here, so that nothing of it holds the lock of
the interpreter that serves everybody else.  A job is a function of a module with arguments that can
be pickled: the seam by which work can go to several machines later.
"""

from sandbox.workers.pool import DECODING, JUDGING, Budget, Pool, pool_of

__all__ = ["DECODING", "JUDGING", "Budget", "Pool", "pool_of"]

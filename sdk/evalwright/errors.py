"""Everything this library raises, except TypeError for calls that Python itself refuses.

::

    EvalwrightError
    ├── InvalidRequest (also ValueError)       arguments that can't work; nothing was sent
    ├── APIError                               the server answered with an error
    │   ├── BadRequest            400          (also InvalidRequest)
    │   │   └── DatasetTooLargeError           more items than the server takes at once
    │   ├── Unauthorized          401
    │   ├── Forbidden             403
    │   ├── NotFound              404
    │   ├── Conflict              409
    │   ├── PreconditionFailed    412
    │   ├── Unprocessable         422          (also InvalidRequest)
    │   ├── RateLimited           429
    │   │   └── QuotaExceededError             the key has used its quota of analyses
    │   │       └── TokenQuotaExceededError    ... or of the tokens of judges
    │   └── ServerError           5xx
    ├── ResponseFormatError                    the answer is not what the document promises
    ├── ConnectionFailed (also ConnectionError)
    ├── TimeoutError (also Python's)
    │   ├── Timeout                            no answer within `timeout`
    │   ├── WaitTimeout                        the run goes on, the waiting ended
    │   │   └── JobWaitTimeout                 the job goes on, the waiting ended
    │   └── AnalysisTimeout                    the analysis goes on, the waiting ended
    ├── AnalysisFailed (also RuntimeError)     an analysis ended before all was done
    │   └── AnalysisCancelled                  ... because somebody cancelled it
    ├── JobFailed (also RuntimeError)          a job ended without success
    ├── UnexpectedResult (also TypeError)      a function gave something else as a job
    ├── ChecksumMismatch                       a file did not arrive as it was sent
    ├── NameNotFound (also LookupError)
    ├── AmbiguousName (also LookupError)
    ├── ClientClosed (also RuntimeError)
    └── MissingExtra (also ImportError)

`except InvalidRequest` catches wrong arguments wherever they were noticed, here or by the server.
All of them can be pickled, so they survive process pools.
"""

from evalwright._errors.analyses import AnalysisCancelled, AnalysisFailed, AnalysisTimeout
from evalwright._errors.api import (
    APIError,
    BadRequest,
    Conflict,
    DatasetTooLargeError,
    Forbidden,
    NotFound,
    PreconditionFailed,
    QuotaExceededError,
    RateLimited,
    ServerError,
    TokenQuotaExceededError,
    Unauthorized,
    Unprocessable,
)
from evalwright._errors.base import ClientClosed, EvalwrightError, MissingExtra
from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._errors.jobs import ChecksumMismatch, JobFailed, JobWaitTimeout, UnexpectedResult
from evalwright._errors.names import AmbiguousName, Candidate, NameNotFound
from evalwright._errors.network import ConnectionFailed, ResponseFormatError, Timeout
from evalwright._errors.timeouts import TimeoutError  # noqa: A004 - ours is one of Python's, too
from evalwright._errors.waiting import WaitTimeout

__all__ = [
    "APIError",
    "AmbiguousName",
    "AnalysisCancelled",
    "AnalysisFailed",
    "AnalysisTimeout",
    "BadRequest",
    "Candidate",
    "ChecksumMismatch",
    "ClientClosed",
    "Conflict",
    "ConnectionFailed",
    "DatasetTooLargeError",
    "EvalwrightError",
    "FieldError",
    "Forbidden",
    "InvalidRequest",
    "JobFailed",
    "JobWaitTimeout",
    "MissingExtra",
    "NameNotFound",
    "NotFound",
    "PreconditionFailed",
    "QuotaExceededError",
    "RateLimited",
    "ResponseFormatError",
    "ServerError",
    "Timeout",
    "TimeoutError",
    "TokenQuotaExceededError",
    "Unauthorized",
    "UnexpectedResult",
    "Unprocessable",
    "WaitTimeout",
]

# Tracebacks and pickles name the public place, so the private modules can move.
for _name in __all__:
    globals()[_name].__module__ = __name__

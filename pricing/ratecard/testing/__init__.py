"""For tests of code that talks to the API: a fake that behaves as documented, and fails on demand.

`FakeApi` answers without a socket, as a transport of httpx2, or as a real server on the loopback interface; the last
two need the extra `testing`. Nothing here ever reaches the real API, and nothing costs money.
"""

from __future__ import annotations

from ratecard.testing._fake import MEASURED as MEASURED
from ratecard.testing._fake import START as START
from ratecard.testing._fake import FakeApi as FakeApi
from ratecard.testing._http import FAULTS as FAULTS
from ratecard.testing._http import FakeAnswer as FakeAnswer
from ratecard.testing._http import FakeFault as FakeFault
from ratecard.testing._http import FakeRequest as FakeRequest
from ratecard.testing._http import JobError as JobError
from ratecard.testing._http import cut as cut
from ratecard.testing._http import error as error
from ratecard.testing._http import job_failure as job_failure
from ratecard.testing._http import overcharge as overcharge
from ratecard.testing._http import redirect as redirect
from ratecard.testing._jobs import FakeJob as FakeJob

__all__ = [name for name in dir() if not name.startswith("_") and name != "annotations"]

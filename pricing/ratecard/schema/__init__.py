"""The rules of requests, and ratecard's own files, in the languages of other tools.

Everything is derived from the tables. `json_schema` describes the requests of a model as JSON Schema, `any_model` those
of all models; `openapi`, `typescript` and `python` are about all models or some of them. `left_out` lists the rules
that a form cannot say. `file_schema` describes ratecard's own files. `ratecard schema` prints all of them.
"""

from __future__ import annotations

from ratecard.schema._code import python as python
from ratecard.schema._code import typescript as typescript
from ratecard.schema._files import FILES as FILES
from ratecard.schema._files import file_schema as file_schema
from ratecard.schema._openapi import openapi as openapi
from ratecard.schema._request import FORMS as FORMS
from ratecard.schema._request import LeftOut as LeftOut
from ratecard.schema._request import any_model as any_model
from ratecard.schema._request import json_schema as json_schema
from ratecard.schema._request import left_out as left_out

__all__ = [name for name in dir() if not name.startswith("_") and name != "annotations"]

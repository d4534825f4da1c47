"""The shapes of requests and answers, under the names they have in the document."""

from evalwright_api.models import *  # noqa: F403 - the generated module says what is public

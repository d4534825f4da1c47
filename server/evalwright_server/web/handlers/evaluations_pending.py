"""Operations of Evaluations that are still to be written."""

from evalwright_server.services.errors import Unavailable
from evalwright_server.web.call import Answer, Call


async def evaluate_dataset(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("evaluate_dataset is not there yet", "wait for it")


async def evaluate_trace(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("evaluate_trace is not there yet", "wait for it")


async def get_evaluation_status(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_evaluation_status is not there yet", "wait for it")


async def cancel_evaluation(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("cancel_evaluation is not there yet", "wait for it")


async def list_evaluations(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_evaluations is not there yet", "wait for it")


async def get_evaluation(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_evaluation is not there yet", "wait for it")


async def list_evaluation_metrics(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_evaluation_metrics is not there yet", "wait for it")


async def list_evaluation_items(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_evaluation_items is not there yet", "wait for it")


async def stream_evaluation_items(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("stream_evaluation_items is not there yet", "wait for it")


async def get_evaluation_item(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_evaluation_item is not there yet", "wait for it")


async def compare_evaluations(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("compare_evaluations is not there yet", "wait for it")


async def list_evaluation_trends(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_evaluation_trends is not there yet", "wait for it")


async def get_evaluation_stats(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_evaluation_stats is not there yet", "wait for it")


async def list_evaluation_projects(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_evaluation_projects is not there yet", "wait for it")


async def create_evaluation_project(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("create_evaluation_project is not there yet", "wait for it")


async def list_metric_templates(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_metric_templates is not there yet", "wait for it")


async def list_project_metrics(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("list_project_metrics is not there yet", "wait for it")


async def add_project_metric(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("add_project_metric is not there yet", "wait for it")

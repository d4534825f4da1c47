"""Whether the server can work."""

from evalwright_server import __version__
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.runs import ActiveRuns, count_active
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.context import ServerContext


async def get_health(call: Call) -> Answer:
    """Answer how the server is; without workers or sandbox it is degraded."""
    context = call.context
    active = await call.read(count_active)
    sandbox = context.sandbox
    is_healthy = context.workforce.connected > 0 and sandbox.driver is not None
    return Answer(
        {
            "status": "healthy" if is_healthy else "degraded",
            "version": __version__,
            "database": context.db.dialect,
            "sandbox": sandbox.view(),
            "workers": context.workforce.connected,
            "queue_stats": _queue_stats(context, active),
            "docker_available": False,
            "gvisor_available": False,
            "circuit_breaker": {
                "state": "closed",
                "failure_count": 0,
                "success_count": 0,
                "last_failure": None,
            },
            "production_mode": context.asks_for_key,
        }
    )


async def get_pool_stats(call: Call) -> Answer:
    """Answer how much work there is."""
    return Answer(_queue_stats(call.context, await call.read(count_active)))


def _queue_stats(context: ServerContext, active: ActiveRuns) -> JsonObject:
    return {
        "queued": active.queued,
        "running": active.running,
        "pending": active.waiting_jobs,
        "max_workers": context.workforce.capacity,
        "max_queue_size": context.jobs.rules.queue_limit,
    }
